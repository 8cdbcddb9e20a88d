"""What is pending for agendas: proposals of delegations and the answers to them, documents to allocate, releases and
the adoption."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, and_, exists, func, select

from app.core.database.clock_parameters import build_moment_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, Urgency
from app.core.permissions import Actor
from app.domain.agendas import events
from app.domain.agendas.models import AgendaItem, AgendaRelease, ItemProposal, ItemProposalState
from app.domain.agendas.queries import agenda_drafts, proposed_items
from app.domain.agendas.rules import agendas as rules
from app.domain.bodies.models import Office
from app.domain.bodies.pending import CHAIR_AND_SECRETARIAT, DELEGATION
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.documents import events as document_events
from app.domain.documents.models import Document
from app.domain.meetings import events as meeting_events
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.pending import build_meeting_action, select_meetings_with_prefix
from app.domain.meetings.queries import is_meeting_of_series
from app.domain.meetings.rules import ENDED_LIVES, LIVES_BEFORE_SESSION

TWO_WEEKS = timedelta(days=14)
HAS_ITEMS = exists().where(AgendaItem.meeting_id == Meeting.id)

ANSWER_PROPOSAL = PendingActionKind(
    name="agenda:answer-proposal",
    heading=_("%(entity)s proposes an agenda item"),
    words=_("Add it to the agenda, or answer the proposal."),
    button=_("Review"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.EDIT,),
    statuses=(ItemProposalState.PROPOSED,),
    begun_by=(events.ItemProposed.name,),
    impersonal=_("A State proposed an agenda item"),
)
PROPOSAL_ADDED = PendingActionKind(
    name="agenda:proposal-added",
    heading=_("The item proposed by your delegation was added to the agenda"),
    words=_("The item is in the draft agenda."),
    button=_("View"),
    waits_for=DELEGATION,
    begun_by=(events.ItemProposed.name,),
    urgency=Urgency.NEWS,
)
PROPOSAL_ANSWERED = PendingActionKind(
    name="agenda:proposal-answered",
    heading=_("The chair answered your delegation’s proposal"),
    words=_("The reason is shown with the proposal."),
    button=_("View"),
    waits_for=DELEGATION,
    begun_by=(events.ItemProposed.name,),
    urgency=Urgency.NEWS,
)


ALLOCATE = PendingActionKind(
    name="agenda:allocate",
    heading=_("Documents not allocated to an agenda item: %(count)s"),
    words=_("Allocate each document to an item of the agenda."),
    button=_("Edit the agenda"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.EDIT,),
    begun_by=(document_events.DocumentRegistered.name, events.DocumentTakenOff.name),
)
RELEASE = PendingActionKind(
    name="agenda:release",
    heading=_("The draft agenda has changes that are not released"),
    words=_("Delegations see the last released agenda. Check the draft, then release it."),
    button=_("Edit the agenda"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.RELEASE, rules.EDIT),
    begun_by=(events.AgendaChanged.name, events.DocumentAllocated.name),
)
ADOPT = PendingActionKind(
    name="agenda:adopt",
    heading=_("The meeting has not adopted its agenda yet"),
    words=_("Record the adoption once the meeting has adopted the agenda."),
    button=_("Open the agenda"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.ADOPT,),
    statuses=(MeetingLife.IN_SESSION,),
    begun_by=(meeting_events.MeetingMoved.name, events.AgendaReleased.name),
)


def select_agendas_to_edit(actor: Actor) -> Select[Meeting, str, datetime | None, int, int, bool]:
    """Select the meetings that are not over whose agenda the actor may edit: when it was adopted, how many documents
    are not allocated, how many changes not released, and whether it has items."""
    unallocated = select(func.count()).where(
        is_meeting_of_series(Document.body_id, Document.scope),
        Document.ended_as.is_(None),
        ~agenda_drafts.IS_ALLOCATED,
    )
    changes = agenda_drafts.select_unreleased_change_count().scalar_subquery()
    return (
        select_meetings_with_prefix(actor)
        .outerjoin(AgendaRelease, and_(AgendaRelease.meeting_id == Meeting.id, AgendaRelease.is_current))
        .add_columns(AgendaRelease.adopted_at, unallocated.scalar_subquery(), changes, HAS_ITEMS)
        .where(Meeting.life.not_in(ENDED_LIVES), agenda_drafts.build_chair_tools_condition(actor))
        .order_by(Meeting.opens_on, Meeting.id)
    )


def build_agenda_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Meeting, str, datetime | None, int, int, bool]]
) -> Iterator[PendingAction]:
    """Yield what is to be done on the agenda of each meeting that is not over, for those who may edit it."""
    for meeting, prefix, adopted_at, documents, changed, has_items in rows:
        if not rules.EDIT.allows(actor, meeting):
            continue
        due_at = meeting.posting_due_at if meeting.life in LIVES_BEFORE_SESSION else None
        if documents and has_items:
            yield build_meeting_action(ALLOCATE, meeting, prefix, "/agenda/edit", due_at=due_at, count=documents)
        if changed:
            yield build_meeting_action(RELEASE, meeting, prefix, "/agenda/edit", due_at=due_at)
        elif meeting.life == MeetingLife.IN_SESSION and has_items and adopted_at is None:
            yield build_meeting_action(ADOPT, meeting, prefix, "/agenda")


def _build_proposal_action(kind: PendingActionKind, proposal: ItemProposal, meeting: Meeting) -> PendingAction:
    return PendingAction(
        kind=kind,
        subject=proposal.id,
        path=f"/meetings/{meeting.id}/agenda/proposals",
        title={proposal.lang: proposal.title},
        original=proposal.lang,
        since=proposal.answered_at or proposal.proposed_at,
        values={"entity": proposal.entity},
    )


def build_proposal_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[ItemProposal, Meeting]]
) -> Iterator[PendingAction]:
    """Yield items proposed by delegations, for those who may edit the agenda."""
    for proposal, meeting in rows:
        if rules.EDIT.allows(actor, meeting):
            yield _build_proposal_action(ANSWER_PROPOSAL, proposal, meeting)


def select_recent_answers(actor: Actor) -> Select[ItemProposal, Meeting]:
    """Select the items that the actor's State proposed and that were answered in the last two weeks."""
    return proposed_items.select_answered_item_proposals(actor, build_moment_parameter(-TWO_WEEKS))


def build_proposal_news(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[ItemProposal, Meeting]]
) -> Iterator[PendingAction]:
    """Yield answers to the items that the actor's State proposed."""
    for proposal, meeting in rows:
        is_added = proposal.state == ItemProposalState.TAKEN_UP
        yield _build_proposal_action(PROPOSAL_ADDED if is_added else PROPOSAL_ANSWERED, proposal, meeting)


SOURCES = (
    PendingActionSource(
        (ALLOCATE, RELEASE, ADOPT), (*CHAIRS, Office.SECRETARY), select_agendas_to_edit, build_agenda_actions
    ),
    PendingActionSource(
        (ANSWER_PROPOSAL,),
        (*CHAIRS, Office.SECRETARY),
        proposed_items.select_unanswered_item_proposals,
        build_proposal_actions,
    ),
    PendingActionSource((PROPOSAL_ADDED, PROPOSAL_ANSWERED), DELEGATES, select_recent_answers, build_proposal_news),
)
