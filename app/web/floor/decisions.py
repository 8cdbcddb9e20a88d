"""Decisions of a meeting: the list, taking one down, correcting it, and positions of States on it."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.database.combined_lists import read_together
from app.core.errors import DomainError
from app.core.i18n import lazy_gettext as _
from app.domain import member_states
from app.domain.bodies.models import StateAct
from app.domain.decisions import queries as decisions
from app.domain.decisions import rules
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition, NotedDecisionPosition
from app.domain.decisions.models import Decision
from app.domain.floor import queries
from app.domain.floor.actions import session as floor
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import DECISION_METHOD_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField
from app.web.views.documents.titles import get_original_language_if_foreign
from app.web.views.floor.floor import (
    DECISION_STANCE_LABELS,
    LISTS_OF_DECISIONS,
    list_floor_agenda_items,
    list_floor_decisions,
)
from app.web.views.floor.named_documents import list_nameable_documents
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.people.ask_head import render_page_to_ask_head

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("documents"))])

TAKE_DOWN_DECISION_GUARDS = [Depends(SignedInGuard(rules.RECORD))]
CORRECT_DECISION_GUARDS = [Depends(SignedInGuard(rules.CORRECT))]
PUT_POSITION_GUARDS = [Depends(SignedInGuard(rules.PUT_POSITION))]
NOTE_POSITION_GUARDS = [Depends(SignedInGuard(rules.NOTE_POSITION))]
FORMS_THAT_NAME_DOCUMENTS = ("take-down", "correct")
EMPTY_DECISION_FORM: Mapping[str, str | list[str]] = {
    "text": "",
    "how": "consensus",
    "stance": "",
    "entity": "",
    "documents": [],
}


class DecisionForm(BaseModel):
    """Form of a decision as typed."""

    text: str = ""
    how: str = ""
    documents: list[str] = []


class DecisionPositionForm(BaseModel):
    """Form of the position of the actor's State as typed."""

    stance: str = ""
    text: str = ""


class ChairNotedPositionForm(DecisionPositionForm):
    """Form of a position that the chair notes, as typed."""

    entity: str = ""


@router.get("/meetings/{meeting}/decisions", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_decision_list(context: ReadContext, meeting: UUID) -> Response:
    """Show the decisions of a meeting, the latest last."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.SEE.require(context.actor, meeting_row)
    language = context.language
    read_together(context.session, meeting_row, *LISTS_OF_DECISIONS)
    now = queries.find_open_sitting(context.session, meeting_row)
    return context.render(
        "web/floor/decisions.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "floor", language),
        here=f"/meetings/{meeting_row.id}",
        decisions=list_floor_decisions(context.session, context.actor, meeting_row, now, language)[::-1],
        may_put=rules.PUT_POSITION.allows(
            context.actor, queries.build_floor_rule_subject(context.session, meeting_row, context.actor.entity)
        ),
        may_note=rules.NOTE_POSITION.allows(
            context.actor, queries.build_floor_rule_subject(context.session, meeting_row)
        ),
    )


@router.get("/meetings/{meeting}/decisions/new", dependencies=TAKE_DOWN_DECISION_GUARDS)
def show_decision_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the form of a new decision."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.RECORD.require(context.actor, queries.build_floor_rule_subject(context.session, meeting_row))
    now = queries.find_open_sitting(context.session, meeting_row)
    under = queries.list_documents_under_item(context.session, meeting_row, now.item_id) if now and now.item_id else []
    entry = _empty_entry(documents=[str(each) for each in under])
    return _render_form(context, meeting_row, None, "take-down", entry)


@router.post("/meetings/{meeting}/decisions/new", dependencies=TAKE_DOWN_DECISION_GUARDS)
def record_decision(
    context: WriteContext, meeting: UUID, form: Annotated[DecisionForm, Form()], version: VersionField = 0
) -> Response:
    """Take down a decision."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.RECORD.require(context.actor, queries.build_floor_rule_subject(context.session, meeting_row))
    return submit_form(
        context,
        NewDecision,
        form.model_dump() | {"lang": context.language},
        action=lambda new: floor.record_decision(context.session, context.actor, meeting_row, new, version=version),
        render=partial(_render_form, context, meeting_row, None, "take-down"),
        done=f"/meetings/{meeting_row.id}/floor",
    )


@router.get("/meetings/{meeting}/decisions/{decision}/correct", dependencies=CORRECT_DECISION_GUARDS)
def show_decision_correction_form(context: ReadContext, meeting: UUID, decision: UUID) -> Response:
    """Show the form of a decision to correct."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    decision_row = decisions.get_decision(context.session, meeting_row, decision)
    rules.CORRECT.require(
        context.actor, queries.build_decision_rule_subject(context.session, meeting_row, decision_row)
    )
    named = decisions.index_named_documents(context.session, decision_row)
    entry = _empty_entry(text=decision_row.text, how=decision_row.how, documents=[str(each) for each in named])
    return _render_form(context, meeting_row, decision_row, "correct", entry)


@router.post("/meetings/{meeting}/decisions/{decision}/correct", dependencies=CORRECT_DECISION_GUARDS)
def correct_decision(
    context: WriteContext,
    meeting: UUID,
    decision: UUID,
    form: Annotated[DecisionForm, Form()],
    version: VersionField = 0,
) -> Response:
    """Correct a decision while its session is open."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    decision_row = decisions.get_decision(context.session, meeting_row, decision)
    rules.CORRECT.require(
        context.actor, queries.build_decision_rule_subject(context.session, meeting_row, decision_row)
    )
    return submit_form(
        context,
        NewDecision,
        form.model_dump() | {"lang": decision_row.lang},
        action=lambda new: floor.correct_decision(
            context.session, context.actor, meeting_row, decision_row, new, version=version
        ),
        render=partial(_render_form, context, meeting_row, decision_row, "correct"),
        done=f"/meetings/{meeting_row.id}/floor",
    )


@router.get("/meetings/{meeting}/decisions/{decision}/position", dependencies=PUT_POSITION_GUARDS)
def show_position_form(context: ReadContext, meeting: UUID, decision: UUID) -> Response:
    """Show the form for the position of the actor's State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    decision_row = decisions.get_decision(context.session, meeting_row, decision)
    rules.PUT_POSITION.require(
        context.actor, queries.build_floor_rule_subject(context.session, meeting_row, context.actor.entity)
    )
    crumbs = [(f"/meetings/{meeting_row.id}/decisions", _("Decisions"))]
    heading = _("Position of %(state)s", state=EntityName(context.actor.entity))
    page = render_page_to_ask_head(context, meeting_row.body_id, StateAct.POSITION, heading, crumbs)
    return page or _render_form(context, meeting_row, decision_row, "position", _empty_entry())


@router.post("/meetings/{meeting}/decisions/{decision}/position", dependencies=PUT_POSITION_GUARDS)
def put_own_position_on_record(
    context: WriteContext, meeting: UUID, decision: UUID, form: Annotated[DecisionPositionForm, Form()]
) -> Response:
    """Put the position of the actor's State on record."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    decision_row = decisions.get_decision(context.session, meeting_row, decision)
    rules.PUT_POSITION.require(
        context.actor, queries.build_floor_rule_subject(context.session, meeting_row, context.actor.entity)
    )
    return submit_form(
        context,
        NewDecisionPosition,
        form.model_dump() | {"lang": context.language},
        action=lambda position: floor.put_own_position_on_decision(
            context.session, context.actor, meeting_row, decision_row, position
        ),
        render=partial(_render_form, context, meeting_row, decision_row, "position"),
        done=f"/meetings/{meeting_row.id}/decisions#decision-{decision_row.number}",
    )


@router.get("/meetings/{meeting}/decisions/{decision}/note", dependencies=NOTE_POSITION_GUARDS)
def show_chair_noted_position_form(context: ReadContext, meeting: UUID, decision: UUID) -> Response:
    """Show the form on which the chair notes the position of a State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    decision_row = decisions.get_decision(context.session, meeting_row, decision)
    rules.NOTE_POSITION.require(context.actor, queries.build_floor_rule_subject(context.session, meeting_row))
    return _render_form(context, meeting_row, decision_row, "note", _empty_entry())


@router.post("/meetings/{meeting}/decisions/{decision}/note", dependencies=NOTE_POSITION_GUARDS)
def note_position_as_chair(
    context: WriteContext, meeting: UUID, decision: UUID, form: Annotated[ChairNotedPositionForm, Form()]
) -> Response:
    """Note the position of a State, in the words of the chair."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    decision_row = decisions.get_decision(context.session, meeting_row, decision)
    rules.NOTE_POSITION.require(context.actor, queries.build_floor_rule_subject(context.session, meeting_row))
    return submit_form(
        context,
        NotedDecisionPosition,
        form.model_dump() | {"lang": context.language},
        action=lambda noted: floor.record_stated_position_on_decision(
            context.session, context.actor, meeting_row, decision_row, noted
        ),
        render=partial(_render_form, context, meeting_row, decision_row, "note"),
        done=f"/meetings/{meeting_row.id}/decisions#decision-{decision_row.number}",
    )


def _empty_entry(**known: str | list[str]) -> ParsedForm[Any]:
    """Return an unsubmitted form with these values."""
    return ParsedForm({**EMPTY_DECISION_FORM, **known}, None, {})


def _render_form(
    context: ReadContext,
    meeting: Meeting,
    decision: Decision | None,
    act: str,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of a decision or a position as typed; `refusal` says why it was not saved."""
    language = context.language
    now = queries.find_open_sitting(context.session, meeting)
    item_id = decision.item_id if decision else now.item_id if now else None
    items = list_floor_agenda_items(context.session, meeting, language)
    known = sorted(
        filter(member_states.is_known_state, queries.list_entities_accredited_in_body(context.session, meeting))
    )
    return context.render(
        "web/floor/decision.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "floor", language),
        here=f"/meetings/{meeting.id}",
        act=act,
        decision=decision,
        lang=get_original_language_if_foreign(decision.lang, language) if decision else None,
        item=next((each for each in items if each.id == item_id), None),
        nameable=list_nameable_documents(context.session, context.actor, meeting, item_id, language)
        if act in FORMS_THAT_NAME_DOCUMENTS
        else None,
        version=decision.version if decision else now.version if now else 0,
        hows=list(DECISION_METHOD_LABELS.items()),
        stances=[(stance, words) for stance, (_, words) in DECISION_STANCE_LABELS.items()],
        states=[(code, EntityName(code)) for code in member_states.order_by_name(known, language)],
        **build_form_page_values(entry, refusal) | {"typed": {**EMPTY_DECISION_FORM, **entry.typed}},
    )
