"""Load a contribution with all that is checked, submitted and registered with it: files, co-sponsors, clearance."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.core.db import ReadSession
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody, is_secretary
from app.domain.contributions.models import (
    ClearanceRequirement,
    Contribution,
    ContributionFile,
    Cosponsor,
    RefusedFile,
    WaitingFile,
)
from app.domain.contributions.queries.confirmations import is_confirmation_possible, is_own_submission
from app.domain.contributions.queries.cosponsors import list_states_asked_again
from app.domain.contributions.rules.permissions import OPEN_STATUSES
from app.domain.contributions.rules.submissions import Submission
from app.domain.documents.models import Document, EditionStep
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting


def load_submission(session: ReadSession, contribution: Contribution) -> Submission:
    """Load a contribution with its files, co-sponsors, meeting and body, and the document that it follows.

    Access is checked by the caller. Files and co-sponsors change under the lock of the contribution only; a caller that
    relies on them holds that lock.
    """
    is_own = is_own_submission(session, contribution)
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    cosponsors = list_cosponsors(session, contribution)
    may_wait = contribution.status in OPEN_STATUSES and any(cosponsor.signs is None for cosponsor in cosponsors)
    return Submission(
        contribution=contribution,
        meeting=session.get_one(Meeting, contribution.meeting_id),
        body=session.get_one(Body, contribution.body_id),
        files=list_contribution_files(session, contribution),
        cosponsors=cosponsors,
        refused_files=list_refused_files(session, contribution),
        followed=followed,
        earlier_signers=list_signers_in_force(session, followed)
        if followed and contribution.step == EditionStep.REVISION and contribution.edition_id is None
        else frozenset(),
        signers_before_change=frozenset(list_states_asked_again(session, contribution) if may_wait else ()),
        requires_clearance=has_clearance_requirement(session, contribution.body_id, contribution.entity),
        awaits_state=not is_own and is_confirmation_possible(session, contribution),
        is_own_submission=is_own,
    )


def list_signers_in_force(session: ReadSession, document: Document) -> frozenset[str]:
    """Return the States that co-sponsor the text in force of a document. Access is checked by the caller."""
    sponsors = documents.list_sponsors(session, documents.get_edition_in_force(session, document))
    return frozenset(sponsor.entity for sponsor in sponsors if sponsor.signed)


@read_once
def list_contribution_files(session: ReadSession, contribution: Contribution) -> Sequence[ContributionFile]:
    """List the files of a contribution by language. Access is checked by the caller."""
    return session.scalars(
        select(ContributionFile)
        .where(ContributionFile.contribution_id == contribution.id)
        .order_by(ContributionFile.language)
    ).all()


@read_once
def list_refused_files(session: ReadSession, contribution: Contribution) -> Sequence[RefusedFile]:
    """List the files that were refused after a submission in time. Access is checked by the caller."""
    return session.scalars(
        select(RefusedFile).where(RefusedFile.contribution_id == contribution.id).order_by(RefusedFile.language)
    ).all()


def find_oldest_arrival(session: ReadSession) -> datetime | None:
    """Find when the oldest file arrived that waits for its inspection; None if none waits. For the worker, which sees
    those of all States."""
    return session.scalar(select(func.min(WaitingFile.arrived_at)))


@read_once
def list_cosponsors(session: ReadSession, contribution: Contribution) -> Sequence[Cosponsor]:
    """List the States that were asked to sign. Access is checked by the caller."""
    return session.scalars(
        select(Cosponsor).where(Cosponsor.contribution_id == contribution.id).order_by(Cosponsor.entity)
    ).all()


@read_once
def has_clearance_requirement(session: ReadSession, body_id: UUID, entity: str) -> bool:
    """Return whether a State has its contributions to this body cleared by its head of delegation."""
    return session.get(ClearanceRequirement, (body_id, entity)) is not None


def list_states_requiring_clearance(session: ReadSession, actor: Actor, body_id: UUID) -> Sequence[str]:
    """List the States that have their contributions to a body cleared, for its secretariat; empty for others."""
    if is_secretary.objection_to(actor, EntityInBody(body_id)) is not None:
        return []
    of_body = select(ClearanceRequirement.entity).where(ClearanceRequirement.body_id == body_id)
    return session.scalars(of_body.order_by(ClearanceRequirement.entity)).all()
