"""Agenda items proposed by delegations: a State sees its own; those who edit the agenda see and answer all."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.core.validation import CalendarDay, InputModel
from app.domain.agendas import queries
from app.domain.agendas.actions import item_proposals
from app.domain.agendas.inputs import ItemProposalAnswer, NewItemProposal
from app.domain.agendas.models import ItemProposal, ItemProposalState
from app.domain.agendas.rules import agendas
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import EntityName, SignedInActor, SignedInFor
from app.http.labels import ITEM_PROPOSAL_LABELS
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.views.agendas.edit_conflicts import AgendaVersionField
from app.web.views.documents.titles import find_foreign_language
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

ITEM_PROPOSALS_PATH = "/meetings/{meeting}/agenda/proposals"
EDIT_AGENDA_GUARDS = [Depends(SignedInFor(agendas.EDIT))]


class ProposalDeadlineInput(InputModel):
    """Form input: the last day for proposals; None means until contributions are due."""

    day: CalendarDay | None = None


@router.get(ITEM_PROPOSALS_PATH, name="proposals", dependencies=[Depends(SignedInFor(agendas.SEE))])
def show_item_proposals(
    meeting: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the proposals that the actor may see, and the form for a new one."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    return _render_page(session, actor, house, request, meeting_row)


@router.post(ITEM_PROPOSALS_PATH, name="propose-item", dependencies=[Depends(SignedInFor(agendas.PROPOSE))])
def propose_agenda_item(
    meeting: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    title: TextField = "",
    reason: TextField = "",
) -> Response:
    """Propose an agenda item for the actor's State."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    agendas.PROPOSE.require(actor, agendas.build_item_proposal_context(meeting_row, actor.entity))
    entry = parse_form(NewItemProposal, {"title": title, "reason": reason})
    if entry.value is None:
        return _render_page(session, actor, house, request, meeting_row, entry)
    item_proposals.propose_agenda_item(
        session, actor, meeting_row, entry.value, house.templates.negotiate_language(request)
    )
    return _redirect_to_proposals(meeting_row, "proposed-item")


@router.post(f"{ITEM_PROPOSALS_PATH}/until", name="bound-proposals", dependencies=EDIT_AGENDA_GUARDS)
def set_proposal_deadline(
    meeting: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    day: TextField = "",
) -> Response:
    """Set the last day for proposals."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    agendas.EDIT.require(actor, meeting_row)
    entry = parse_form(ProposalDeadlineInput, {"day": day})
    if entry.value is None:
        return _render_page(session, actor, house, request, meeting_row, ParsedForm(entry.typed, None, entry.errors))
    item_proposals.set_item_proposal_deadline(session, actor, meeting_row, entry.value.day)
    return _redirect_to_proposals(meeting_row, "saved")


@router.post(
    f"{ITEM_PROPOSALS_PATH}/{{proposal}}/take-back",
    name="take-back-proposal",
    dependencies=[Depends(SignedInFor(agendas.WITHDRAW_PROPOSAL))],
)
def withdraw_item_proposal(
    meeting: UUID, proposal: UUID, actor: SignedInActor, session: RequestWriteSession
) -> Response:
    """Withdraw a proposal of the actor's own State."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    proposal_row = queries.get_item_proposal(session, actor, meeting_row, proposal, sees_all=False)
    item_proposals.withdraw_item_proposal(session, actor, meeting_row, proposal_row)
    return _redirect_to_proposals(meeting_row, "taken-back")


@router.post(f"{ITEM_PROPOSALS_PATH}/{{proposal}}/take-up", name="take-up-proposal", dependencies=EDIT_AGENDA_GUARDS)
def take_up_item_proposal(
    meeting: UUID, proposal: UUID, actor: SignedInActor, session: RequestWriteSession, version: AgendaVersionField
) -> Response:
    """Turn the proposal into an item at the end of the draft."""
    meeting_row, proposal_row = _get_proposal_to_answer(session, actor, meeting, proposal)
    item_proposals.accept_item_proposal(session, actor, meeting_row, proposal_row, version=version)
    return RedirectResponse(
        f"/meetings/{meeting_row.id}/agenda/edit?did={meeting_row.agenda_version}#item-{proposal_row.item_id}", 303
    )


@router.post(f"{ITEM_PROPOSALS_PATH}/{{proposal}}/answer", name="answer-proposal", dependencies=EDIT_AGENDA_GUARDS)
def answer_item_proposal(
    meeting: UUID,
    proposal: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    answer: TextField = "",
) -> Response:
    """Answer a proposal instead of taking it up."""
    meeting_row, proposal_row = _get_proposal_to_answer(session, actor, meeting, proposal)
    entry = parse_form(ItemProposalAnswer, {"answer": answer})
    if entry.value is None:
        return _render_page(
            session, actor, house, request, meeting_row, ParsedForm(entry.typed, None, entry.errors), proposal_row
        )
    item_proposals.answer_item_proposal(session, actor, meeting_row, proposal_row, entry.value)
    return _redirect_to_proposals(meeting_row, "saved")


def _get_proposal_to_answer(
    session: ReadSession, actor: Actor, meeting: UUID, proposal: UUID
) -> tuple[Meeting, ItemProposal]:
    """Return meeting and proposal. The permission is checked before the lookup, so that others learn nothing. Raises
    NotFound, Forbidden."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    agendas.EDIT.require(actor, meeting_row)
    return meeting_row, queries.get_item_proposal(session, actor, meeting_row, proposal, sees_all=True)


def _redirect_to_proposals(meeting: Meeting, done: str) -> Response:
    return RedirectResponse(f"/meetings/{meeting.id}/agenda/proposals?done={done}", 303)


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    meeting: Meeting,
    entry: ParsedForm[NewItemProposal]
    | ParsedForm[ItemProposalAnswer]
    | ParsedForm[ProposalDeadlineInput]
    | None = None,
    answered: ItemProposal | None = None,
) -> Response:
    language = house.templates.negotiate_language(request)
    proposal_context = agendas.build_item_proposal_context(meeting, actor.entity)
    keeps = agendas.EDIT.actor_rule.objection_to(actor, meeting) is None
    return house.templates.render_response(
        request,
        "web/meetings/item_proposals.html",
        status=400 if entry else 200,
        frame=build_meeting_frame(session, actor, meeting, "agenda", language),
        proposals=[
            (
                each,
                EntityName(each.entity),
                find_foreign_language(each.lang, language),
                ITEM_PROPOSAL_LABELS[each.state],
            )
            for each in queries.list_item_proposals(session, actor, meeting, sees_all=keeps)
        ],
        until=proposal_context.due_at,
        may_propose=agendas.PROPOSE.allows(actor, proposal_context),
        may_answer=agendas.EDIT.allows(actor, meeting),
        is_of_a_state=agendas.PROPOSE.actor_rule.objection_to(actor, proposal_context) is None,
        open_ones=ItemProposalState.PROPOSED,
        typed=entry.typed if entry else {},
        errors=entry.errors if entry else {},
        answered=answered.id if answered else None,
    )
