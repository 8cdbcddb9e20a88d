"""Agenda items proposed by delegations: a State sees its own; those who edit the agenda see and answer all."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.validation import CalendarDay, InputModel
from app.domain.agendas.actions import item_proposals
from app.domain.agendas.inputs import ItemProposalAnswer, NewItemProposal
from app.domain.agendas.models import ItemProposal, ItemProposalState
from app.domain.agendas.queries import proposed_items
from app.domain.agendas.rules import agendas
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import ITEM_PROPOSAL_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.views.agendas.edit_conflicts import AgendaVersionField, name_row
from app.web.views.documents.titles import get_original_language_if_foreign
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

ITEM_PROPOSALS_PATH = "/meetings/{meeting}/agenda/proposals"
EDIT_AGENDA_GUARDS = [Depends(SignedInGuard(agendas.EDIT))]


class ProposalDeadlineInput(InputModel):
    """Form input: the last day for proposals; None means until contributions are due."""

    day: CalendarDay | None = None


@router.get(ITEM_PROPOSALS_PATH, dependencies=[Depends(SignedInGuard(agendas.SEE))])
def show_item_proposals(context: ReadContext, meeting: UUID) -> Response:
    """Show the proposals that the actor may see, and the form for a new one."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    return _render_page(context, meeting_row)


@router.post(ITEM_PROPOSALS_PATH, dependencies=[Depends(SignedInGuard(agendas.PROPOSE))])
def propose_agenda_item(
    context: WriteContext, meeting: UUID, title: TextField = "", reason: TextField = ""
) -> Response:
    """Propose an agenda item for the actor's State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.PROPOSE.require(context.actor, agendas.build_item_proposal_rule_subject(meeting_row, context.actor.entity))
    entry = parse_form(NewItemProposal, {"title": title, "reason": reason})
    if entry.value is None:
        return _render_page(context, meeting_row, entry)
    item_proposals.propose_agenda_item(context.session, context.actor, meeting_row, entry.value, context.language)
    return _redirect_to_proposals(context, meeting_row, "proposed-item")


@router.post(f"{ITEM_PROPOSALS_PATH}/until", dependencies=EDIT_AGENDA_GUARDS)
def set_proposal_deadline(context: WriteContext, meeting: UUID, day: TextField = "") -> Response:
    """Set the last day for proposals."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    entry = parse_form(ProposalDeadlineInput, {"day": day})
    if entry.value is None:
        return _render_page(context, meeting_row, entry)
    item_proposals.set_item_proposal_deadline(context.session, context.actor, meeting_row, entry.value.day)
    return _redirect_to_proposals(context, meeting_row, "saved")


@router.post(
    f"{ITEM_PROPOSALS_PATH}/{{proposal}}/take-back",
    dependencies=[Depends(SignedInGuard(agendas.WITHDRAW_PROPOSAL))],
)
def withdraw_item_proposal(context: WriteContext, meeting: UUID, proposal: UUID) -> Response:
    """Withdraw a proposal of the actor's own State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    proposal_row = proposed_items.get_item_proposal(
        context.session, context.actor, meeting_row, proposal, sees_all=False
    )
    item_proposals.withdraw_item_proposal(context.session, context.actor, meeting_row, proposal_row)
    return _redirect_to_proposals(context, meeting_row, "taken-back")


@router.post(f"{ITEM_PROPOSALS_PATH}/{{proposal}}/take-up", dependencies=EDIT_AGENDA_GUARDS)
def take_up_item_proposal(
    context: WriteContext, meeting: UUID, proposal: UUID, version: AgendaVersionField
) -> Response:
    """Turn the proposal into an item at the end of the draft."""
    meeting_row, proposal_row = _get_proposal_to_answer(context, meeting, proposal)
    item_proposals.accept_item_proposal(context.session, context.actor, meeting_row, proposal_row, version=version)
    row = f"#{name_row(proposal_row.item_id)}" if proposal_row.item_id else ""
    return context.redirect(f"/meetings/{meeting_row.id}/agenda/edit?did={meeting_row.agenda_version}{row}")


@router.post(f"{ITEM_PROPOSALS_PATH}/{{proposal}}/answer", dependencies=EDIT_AGENDA_GUARDS)
def answer_item_proposal(context: WriteContext, meeting: UUID, proposal: UUID, answer: TextField = "") -> Response:
    """Answer a proposal instead of taking it up."""
    meeting_row, proposal_row = _get_proposal_to_answer(context, meeting, proposal)
    entry = parse_form(ItemProposalAnswer, {"answer": answer})
    if entry.value is None:
        return _render_page(context, meeting_row, entry, proposal_row)
    item_proposals.answer_item_proposal(context.session, context.actor, meeting_row, proposal_row, entry.value)
    return _redirect_to_proposals(context, meeting_row, "saved")


def _get_proposal_to_answer(context: ReadContext, meeting: UUID, proposal: UUID) -> tuple[Meeting, ItemProposal]:
    """Return meeting and proposal. The permission is checked before the lookup, so that others learn nothing. Raises
    NotFound, Forbidden."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return meeting_row, proposed_items.get_item_proposal(
        context.session, context.actor, meeting_row, proposal, sees_all=True
    )


def _redirect_to_proposals(context: WriteContext, meeting: Meeting, done: str) -> Response:
    return context.redirect(f"/meetings/{meeting.id}/agenda/proposals?done={done}")


def _render_page(
    context: ReadContext,
    meeting: Meeting,
    entry: ParsedForm[Any] | None = None,
    answered: ItemProposal | None = None,
) -> Response:
    language = context.language
    proposal_context = agendas.build_item_proposal_rule_subject(meeting, context.actor.entity)
    keeps = agendas.EDIT.actor_rule.objection_to(context.actor, meeting) is None
    return context.render(
        "web/meetings/item_proposals.html",
        status=get_form_http_status(entry),
        frame=build_meeting_frame(context.session, context.actor, meeting, "agenda", language),
        proposals=[
            (
                each,
                EntityName(each.entity),
                get_original_language_if_foreign(each.lang, language),
                ITEM_PROPOSAL_LABELS[each.state],
            )
            for each in proposed_items.list_proposed_items(context.session, context.actor, meeting, sees_all=keeps)
        ],
        until=proposal_context.due_at,
        may_propose=agendas.PROPOSE.allows(context.actor, proposal_context),
        may_answer=agendas.EDIT.allows(context.actor, meeting),
        is_of_a_state=agendas.PROPOSE.actor_rule.objection_to(context.actor, proposal_context) is None,
        open_ones=ItemProposalState.PROPOSED,
        typed=entry.typed if entry else {},
        errors=entry.errors if entry else {},
        answered=answered.id if answered else None,
    )
