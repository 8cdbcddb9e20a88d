"""Registering several contributions in one act, in the order in which they came in."""

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

LOCK = 7_510_076  # two of these acts take turns: each may need the numbers of several series, in any order


def register_several(session: WriteSession, actor: Actor, chosen: Mapping[UUID, int], *, sign: Signer) -> None:
    """Register each of these, on the version that the actor saw. What cannot be registered stays where it was.

    Each is a decision of its own: one that is refused takes no number and keeps no other from its own. What became of
    them is told by `outcome`.
    """
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    for found in queries.several(session, actor, chosen, lock=True):
        try:
            with journal.apart(session):
                rules.REGISTER.require(actor, found)
                actions.register(session, actor, found, version=chosen[found.id], sign=sign)
        except Refusal:
            continue


def outcome(
    session: ReadSession, actor: Actor, chosen: Mapping[UUID, int]
) -> tuple[Sequence[Row[Contribution, str]], Sequence[tuple[Contribution, Text | None]]]:
    """What became of each of these, as it stands now: those that were registered from that version, with their
    symbols; and the others, with what stands against them, if anything still does."""
    editions = select(Contribution, Edition.symbol).join(Edition, Edition.id == Contribution.edition_id)
    seen = queries.several(session, actor, chosen)
    done = [each.id for each in seen if each.status == Status.REGISTERED and each.version == chosen[each.id] + 1]
    given = session.execute(
        editions.where(Contribution.id.in_(done)).order_by(Contribution.submitted_at, Contribution.id)
    ).all()
    return given, [(each, _objection(session, actor, each, chosen[each.id])) for each in seen if each.id not in done]


def _objection(session: ReadSession, actor: Actor, contribution: Contribution, version: int) -> Text | None:
    try:
        actions.insist_on_ready(session, actor, contribution, version=version)
    except Refusal as refused:
        return refused.reason
    return None
