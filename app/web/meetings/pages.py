"""The list of meetings, and a new one: prefilled from the last one, with the deadlines shown before it is saved. It may
copy the sessions and the agenda items of another meeting."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.actions import copying
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body, list_secretary_bodies
from app.domain.bodies.rules import EntityInBody
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import life_cycle, sessions
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting, MeetingLife
from app.http.authentication import SignedInGuard
from app.http.labels import MEETING_STATUS_LABELS as LIFE_TAGS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_parsed_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.timeline import get_meeting_today
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.meeting_forms import (
    LIFE_CHOICES,
    MeetingForm,
    compute_deadline_fields,
    propose_next_meeting,
    render_meeting_form,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("copy"))])

LIFE_REQUIRED = _("Select whether to convene the meeting now or to save it as a draft.")
PAST_DEADLINE = _("This day has passed. Enter a later day, or confirm the dates below.")


@router.get("/meetings", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_meeting_list(context: ReadContext) -> Response:
    """Show the meetings of the reader's bodies, coming ones first. Raises NotFound for a person without a seat."""
    if not context.actor.bodies_with_role():
        raise NotFound()
    language = context.language
    rows = [
        (meeting, body, format_meeting_name(meeting, body), localize_title(meeting.place, language))
        for meeting, body in queries.list_meetings_with_bodies(context.session, context.actor)
    ]
    coming = [
        row for row in rows if row[0].closes_on >= get_meeting_today(row[0]) and row[0].life not in rules.ENDED_LIVES
    ]
    return context.render(
        "web/meetings/list.html",
        coming=coming[::-1],
        past=[row for row in rows if row not in coming],
        may_convene=list_secretary_bodies(context.session, context.actor),
        lives=LIFE_TAGS,
    )


@router.get("/meetings/new", dependencies=[Depends(SignedInGuard(rules.CONVENE))])
def show_new_meeting_form(context: ReadContext, body: str = "", like: UUID | None = None) -> Response:
    """Show the form of a new meeting, prefilled from the last one or from the one that is named."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.CONVENE.require(context.actor, EntityInBody(body_row.id))
    former = queries.list_meetings_of_body(context.session, context.actor, body_row.id)
    model = _find_model(context, body_row, like) if like else next(iter(former), None)
    form = propose_next_meeting(former, model, context.language)
    return render_meeting_form(
        context,
        body_row,
        None,
        ParsedForm(form.typed, None, {}),
        like=model.id if model else None,
        copies=("sessions", "items") if like else (),
    )


@router.post("/meetings", dependencies=[Depends(SignedInGuard(rules.CONVENE))])
def convene_meeting(
    context: WriteContext,
    form: Annotated[MeetingForm, Form()],
    body: TextField = "",
    life: TextField = "",
    like: Annotated[UUID | None, Form()] = None,
    copy: Annotated[list[str] | None, Form()] = None,
    past: TextField = "",
    show: TextField = "",
) -> Response:
    """Convene a meeting, or plan one that only secretariat and chairs see; or only show the deadlines."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.CONVENE.require(context.actor, EntityInBody(body_row.id))
    model = _find_model(context, body_row, like) if like else None
    has_passed = [each.name for each in compute_deadline_fields(body_row, form.typed) if each.has_passed]
    render = partial(
        render_meeting_form,
        context,
        body_row,
        None,
        life=life,
        like=like,
        copies=copy or [],
        asks_about_past=bool(has_passed),
    )
    if show:
        return render(ParsedForm(form.typed, None, {}))
    entry = parse_form(NewMeeting, form.typed)
    errors = dict(entry.errors)
    if life not in {value for value, *_words in LIFE_CHOICES}:
        errors["life"] = LIFE_REQUIRED
    if past != "yes":
        errors = dict.fromkeys(has_passed, PAST_DEADLINE) | errors
    return submit_parsed_form(
        context,
        ParsedForm(entry.typed, None, errors) if errors else entry,
        action=lambda new: _create_meeting(context, body_row, new, life, model, copy or []),
        render=render,
        done=lambda meeting: f"/meetings/{meeting.id}?done={'planned' if life == MeetingLife.PLANNED else 'convened'}",
        refusals=(BadRequest, Conflict),
        refusal_at="number",
    )


def _find_model(context: ReadContext | WriteContext, body: Body, like: UUID) -> Meeting | None:
    """Find the meeting that a new one follows; None if it is of another body. Raises NotFound."""
    meeting = queries.get_visible_meeting(context.session, context.actor, like)
    return meeting if meeting.body_id == body.id else None


def _create_meeting(
    context: WriteContext, body: Body, new: NewMeeting, life: str, model: Meeting | None, copies: list[str]
) -> Meeting:
    """Create a meeting, with the sessions and the agenda items of its model as far as they were asked for."""
    session, actor = context.session, context.actor
    create = life_cycle.plan_meeting if life == MeetingLife.PLANNED else life_cycle.convene_meeting
    meeting = create(session, actor, body, new, context.language)
    if model is None:
        return meeting
    session_of_source = sessions.copy_sessions(session, actor, meeting, model) if "sessions" in copies else {}
    if "items" in copies:
        version = meeting.agenda_version
        copying.copy_agenda(session, actor, meeting, model, version=version, session_of_source=session_of_source)
    return meeting
