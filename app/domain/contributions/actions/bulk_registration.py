"""Register several contributions in one request, in the order of their submission."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Row, select

from app.core import journal
from app.core.db import ReadSession, WriteSession
from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.locks import AdvisoryLock, lock_until_commit
from app.core.permissions import Actor
from app.domain.contributions.actions import registration
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries import contributions as queries
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules import permissions as rules
from app.domain.documents.models import Edition


def register_contributions(session: WriteSession, actor: Actor, versions: Mapping[UUID, int]) -> None:
    """Register each of these contributions at the version that the actor saw; what cannot be registered is skipped.

    Each is decided separately: a refused one takes no number and does not stop the others. `list_registration_outcome`
    reads the results.
    """
    lock_until_commit(session, AdvisoryLock.BULK_REGISTRATION)
    for contribution in queries.list_contributions_as_secretary(session, actor, versions, lock=True):
        try:
            with journal.savepoint(session):
                rules.REGISTER.require(actor, contribution)
                registration.register_contribution(session, actor, contribution, version=versions[contribution.id])
        except DomainError:
            continue


def list_registration_outcome(
    session: ReadSession, actor: Actor, versions: Mapping[UUID, int]
) -> tuple[Sequence[Row[Contribution, str, bool | None]], Sequence[tuple[Contribution, LazyText | None]]]:
    """List those that were registered from that version, with symbols and whether at the request of the State; and the
    others, with the objection if one remains."""
    editions = select(Contribution, Edition.symbol, Edition.at_request).join(
        Edition, Edition.id == Contribution.edition_id
    )
    contributions = queries.list_contributions_as_secretary(session, actor, versions)
    registered_ids = [
        contribution.id
        for contribution in contributions
        if contribution.status == ContributionStatus.REGISTERED
        and contribution.version == versions[contribution.id] + 1
    ]
    registered = session.execute(
        editions.where(Contribution.id.in_(registered_ids)).order_by(Contribution.submitted_at, Contribution.id)
    ).all()
    return registered, [
        (contribution, _find_objection(session, actor, contribution, versions[contribution.id]))
        for contribution in contributions
        if contribution.id not in registered_ids
    ]


def _find_objection(session: ReadSession, actor: Actor, contribution: Contribution, version: int) -> LazyText | None:
    """Return why the contribution cannot be registered; None if it can."""
    try:
        registration.require_ready_for_registration(
            session, actor, load_submission(session, contribution), version=version
        )
    except DomainError as error:
        return error.reason
    return None
