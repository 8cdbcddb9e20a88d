"""Count, in one statement, what of a meeting is prepared and what is left to do."""

from dataclasses import dataclass

from sqlalchemy import and_, exists, func, literal, select

from app.core import clock
from app.core.db import ReadSession, build_row_count
from app.core.permissions import Actor
from app.domain.agendas.models import AgendaRelease, ItemProposal, ItemProposalState
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules.agendas import EDIT
from app.domain.bodies.models import Accreditation, Office
from app.domain.bodies.queries.seats import build_in_force_condition
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.late_contributions import visible_undecided_late_contributions
from app.domain.contributions.queries.registration_queue import contributions_to_register
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.documents.queries.titles import select_documents_without_titles
from app.domain.documents.queries.translations_due import count_translations_due_of_scope
from app.domain.invitation_letters.models import InvitationLetter, InvitationSet
from app.domain.meetings.models import Meeting
from app.domain.participants.models import Participant


@dataclass(frozen=True, slots=True)
class ReadinessCounts:
    """What is there and what is left of the preparation of one meeting.

    `release` is the number of the current release of the agenda, 0 without one. `delegations` are the members of the
    group with somebody accredited, `registered_delegations` those of them with a participant. `invited_states` are the
    Member States for which a letter of invitation was made. `contributions` wait for registration, `untitled_documents`
    have no title in one of the six languages; both are None for those who are no secretary of the body, and so may not
    see them.
    """

    documents: int
    allocated_documents: int
    open_proposals: int
    release: int
    delegations: int
    registered_delegations: int
    invited_states: int
    late_contributions: int
    translations: int
    contributions: int | None
    untitled_documents: int | None


def count_readiness(session: ReadSession, actor: Actor, meeting: Meeting) -> ReadinessCounts:
    """Count what of a meeting is prepared, for those who may edit its agenda. Raises Forbidden."""
    EDIT.require(actor, meeting)
    is_secretary = actor.has_role(meeting.body_id, Office.SECRETARY)
    scope = str(meeting.number)
    in_meeting = Document.body_id == meeting.body_id, Document.scope == scope
    documents = list_visible_documents(actor).where(*in_meeting, Document.ended_as.is_(None))
    proposals = select(ItemProposal).where(
        ItemProposal.meeting_id == meeting.id, ItemProposal.state == ItemProposalState.PROPOSED
    )
    accredited = select(func.count(Accreditation.entity.distinct())).where(
        Accreditation.body_id == meeting.body_id, build_in_force_condition(Accreditation, clock.now().date())
    )
    is_registered = exists().where(
        Participant.meeting_id == meeting.id,
        Participant.cancelled_at.is_(None),
        Participant.entity == Accreditation.entity,
    )
    invited = (
        select(func.count(InvitationLetter.entity.distinct()))
        .join(InvitationSet, InvitationSet.id == InvitationLetter.set_id)
        .where(InvitationSet.meeting_id == meeting.id)
    )
    of_meeting = Contribution.meeting_id == meeting.id
    statement = (
        select(
            build_row_count(documents),
            build_row_count(documents.where(agenda_drafts.IS_ALLOCATED)),
            build_row_count(proposals),
            func.coalesce(AgendaRelease.number, 0),
            accredited.scalar_subquery(),
            accredited.where(is_registered).scalar_subquery(),
            invited.scalar_subquery(),
            build_row_count(visible_undecided_late_contributions(actor).where(of_meeting)),
            count_translations_due_of_scope(actor, meeting.body_id, scope).scalar_subquery(),
            build_row_count(contributions_to_register(actor).where(of_meeting)) if is_secretary else literal(None),
            build_row_count(select_documents_without_titles(actor).where(*in_meeting))
            if is_secretary
            else literal(None),
        )
        .select_from(Meeting)
        .outerjoin(AgendaRelease, and_(AgendaRelease.meeting_id == Meeting.id, AgendaRelease.is_current))
        .where(Meeting.id == meeting.id)
    )
    return ReadinessCounts(*session.execute(statement).one())
