"""Register several contributions in one request, in the order of their submission."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Row, func, select

from app.core import journal
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Refusal
from app.core.i18n import Text
from app.core.signing import Signer
from app.domain.contributions import actions, queries, rules
from app.domain.contributions.models import Contribution, Status
from app.domain.documents.models import Edition

LOCK = 7_510_076  # advisory lock: bulk registrations run one by one, since each may lock several counters in any order


def register_several(session: WriteSession, actor: Actor, chosen: Mapping[UUID, int], *, sign: Signer) -> None:
    """Register each of these contributions at the version that the actor saw; what cannot be registered is skipped.

    Each is decided separately: a refused one takes no number and does not stop the others. `list_registration_outcome`
    reads the results.
    """
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    for contribution in queries.several(session, actor, chosen, lock=True):
        try:
            with journal.apart(session):
                rules.REGISTER.require(actor, contribution)
                actions.register(session, actor, contribution, version=chosen[contribution.id], sign=sign)
        except Refusal:
            continue


def outcome(
    session: ReadSession, actor: Actor, chosen: Mapping[UUID, int]
) -> tuple[Sequence[Row[Contribution, str]], Sequence[tuple[Contribution, Text | None]]]:
    """List those that were registered from that version, with symbols; and the others, with the objection if one
    still stands."""
    editions = select(Contribution, Edition.symbol).join(Edition, Edition.id == Contribution.edition_id)
    contributions = queries.several(session, actor, chosen)
    registered_ids = [
        contribution.id
        for contribution in contributions
        if contribution.status == Status.REGISTERED and contribution.version == chosen[contribution.id] + 1
    ]
    registered = session.execute(
        editions.where(Contribution.id.in_(registered_ids)).order_by(Contribution.submitted_at, Contribution.id)
    ).all()
    return registered, [
        (contribution, _find_objection(session, actor, contribution, chosen[contribution.id]))
        for contribution in contributions
        if contribution.id not in registered_ids
    ]


def _find_objection(session: ReadSession, actor: Actor, contribution: Contribution, version: int) -> Text | None:
    """Return why the contribution cannot be registered; None if it can."""
    try:
        actions.insist_on_ready(session, actor, contribution, version=version)
    except Refusal as error:
        return error.reason
    return None
