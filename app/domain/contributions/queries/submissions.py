"""Load a contribution with all that is checked, submitted and registered with it: files, co-sponsors, clearance."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from app.core.database.combined_lists import KeyParameter, list_of_thing, read_together, rows_of_thing
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
from app.domain.contributions.queries.confirmations import (
    get_confirmation_state,
    list_confirmation_facts,
)
from app.domain.contributions.queries.cosponsors import list_states_asked_again
from app.domain.contributions.rules.permissions import OPEN_STATUSES
from app.domain.contributions.rules.submissions import Submission
from app.domain.documents.models import Document, EditionStep
from app.domain.documents.queries import documents
from app.domain.files.queries import list_contribution_scans
from app.domain.meetings.models import Meeting


def load_submission(session: ReadSession, contribution: Contribution) -> Submission:
    """Load a contribution with its files, co-sponsors, meeting and body, and the document that it follows.

    Access is checked by the caller. Files and co-sponsors change under the lock of the contribution only; a caller that
    relies on them holds that lock.
    """
    read_together(session, contribution, *LISTS_OF_SUBMISSION)
    confirmation = get_confirmation_state(session, contribution)
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    cosponsors = list_cosponsors(session, contribution)
    may_wait = contribution.status in OPEN_STATUSES and any(cosponsor.signs is None for cosponsor in cosponsors)
    return Submission(
        contribution=contribution,
        meeting=session.get_one(Meeting, contribution.meeting_id),  # at hand if they were read together
        body=session.get_one(Body, contribution.body_id),
        files=list_contribution_files(session, contribution),
        cosponsors=cosponsors,
        refused_files=list_refused_files(session, contribution),
        followed=followed,
        earlier_signers=list_signers_in_force(session, followed)
        if followed and contribution.step == EditionStep.REVISION and contribution.edition_id is None
        else frozenset(),
        signers_before_change=frozenset(list_states_asked_again(session, contribution) if may_wait else ()),
        requires_clearance=bool(list_clearance_requirements(session, contribution)),
        awaits_state=confirmation.awaits_state,
        is_own_submission=confirmation.is_own_submission,
    )


def list_signers_in_force(session: ReadSession, document: Document) -> frozenset[str]:
    """Return the States that co-sponsor the text in force of a document. Access is checked by the caller."""
    sponsors = documents.list_sponsors(session, documents.get_edition_in_force(session, document))
    return frozenset(sponsor.entity for sponsor in sponsors if sponsor.signed)


@list_of_thing
def list_contribution_files(contribution_id: KeyParameter) -> Select[ContributionFile]:
    """List the files of a contribution by language. Access is checked by the caller."""
    files = select(ContributionFile).where(ContributionFile.contribution_id == contribution_id)
    return files.order_by(ContributionFile.language)


@list_of_thing
def list_refused_files(contribution_id: KeyParameter) -> Select[RefusedFile]:
    """List the files that were refused after a submission in time. Access is checked by the caller."""
    files = select(RefusedFile).where(RefusedFile.contribution_id == contribution_id)
    return files.order_by(RefusedFile.language)


def find_oldest_arrival(session: ReadSession) -> datetime | None:
    """Find when the oldest file arrived that waits for its inspection; None if none waits. For the worker, which sees
    those of all States."""
    return session.scalar(select(func.min(WaitingFile.arrived_at)))


@list_of_thing
def list_cosponsors(contribution_id: KeyParameter) -> Select[Cosponsor]:
    """List the States that were asked to sign. Access is checked by the caller."""
    return select(Cosponsor).where(Cosponsor.contribution_id == contribution_id).order_by(Cosponsor.entity)


@rows_of_thing
def list_meetings_of_contribution(contribution_id: KeyParameter) -> Select[Meeting, Body]:
    """List the meeting of a contribution with its body. Access is checked by the caller."""
    meeting = select(Meeting, Body).join(Body, Body.id == Meeting.body_id)
    return meeting.join(Contribution, Contribution.meeting_id == Meeting.id).where(Contribution.id == contribution_id)


@list_of_thing
def list_clearance_requirements(contribution_id: KeyParameter) -> Select[ClearanceRequirement]:
    """List the requirement of its State to have the contribution cleared by its head of delegation, if there is one."""
    of_state = ClearanceRequirement.entity == Contribution.entity, ClearanceRequirement.body_id == Contribution.body_id
    return select(ClearanceRequirement).join(Contribution, and_(*of_state)).where(Contribution.id == contribution_id)


@read_once
def has_clearance_requirement(session: ReadSession, body_id: UUID, entity: str) -> bool:
    """Return whether a State has its contributions to this body cleared by its head of delegation."""
    return session.get(ClearanceRequirement, (body_id, entity)) is not None


LISTS_OF_SUBMISSION = (
    list_contribution_files,
    list_refused_files,
    list_cosponsors,
    list_states_asked_again,
    list_meetings_of_contribution,
    list_clearance_requirements,
    list_confirmation_facts,
    list_contribution_scans,
)
"""What pages about a contribution read together."""


def list_states_requiring_clearance(session: ReadSession, actor: Actor, body_id: UUID) -> Sequence[str]:
    """List the States that have their contributions to a body cleared, for its secretariat; empty for others."""
    if is_secretary.objection_to(actor, EntityInBody(body_id)) is not None:
        return []
    of_body = select(ClearanceRequirement.entity).where(ClearanceRequirement.body_id == body_id)
    return session.scalars(of_body.order_by(ClearanceRequirement.entity)).all()
