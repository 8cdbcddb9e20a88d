"""Meetings: the list, the overview page, convening a meeting and changing its dates.

The editor of the agenda is in `agendas`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, Conflict, DomainError, NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body, list_secretary_bodies
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import late_submissions
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import life_cycle
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession
from app.domain.member_states import name_sort_key
from app.domain.participants import queries as participants
from app.domain.participants.rules import REGISTER, build_delegation
from app.http import time_zones
from app.http.authentication import SignedInGuard
from app.http.exports.pdf_export import is_pdf_available
from app.http.labels import MEETING_STATUS_LABELS as LIFE_TAGS
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form, submit_parsed_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, TypedForm, VersionField, parse_form
from app.web.views.agendas.gauges import SessionGauge, build_session_gauges
from app.web.views.circulations.circulations import list_circulated_drafts
from app.web.views.contributions.status import find_deadline_change, format_meeting_name
from app.web.views.dockets.meetings import BUTTONS, build_meeting_docket
from app.web.views.documents.timeline import (
    build_meeting_date_list,
    build_meeting_timeline,
    get_day_in_meeting_zone,
    get_deadline_day,
    get_meeting_today,
)
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.meetings.readiness import load_readiness

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

DEADLINE_NAMES = ("contributions", "posting", "proposals", "registration")
LIFE_REQUIRED = _("Select whether to convene the meeting now or to save it as a draft.")
LIFE_CHOICES = [
    (
        "open",
        _("Convene now"),
        _("All members of the group can see the meeting, and delegations can submit contributions to it."),
    ),
    (
        "planned",
        _("Save as a draft"),
        _("Only the secretariat, the chair and the vice-chairs can see the meeting until it has been convened."),
    ),
]


class MeetingForm(TypedForm):
    """The fields of a meeting."""

    number: str = ""
    place: str = ""
    zone: str = ""
    opens_on: str = ""
    closes_on: str = ""
    contributions_due_on: str = ""
    posting_due_on: str = ""
    proposals_due_on: str = ""
    registration_due_on: str = ""


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
def show_new_meeting_form(context: ReadContext, body: str = "") -> Response:
    """Show the form of a new meeting."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.CONVENE.require(context.actor, EntityInBody(body_row.id))
    form = MeetingForm(zone="Europe/Zurich")
    return _render_form(context, body_row, None, "", ParsedForm(form.typed, None, {}))


@router.post("/meetings", dependencies=[Depends(SignedInGuard(rules.CONVENE))])
def convene_meeting(
    context: WriteContext, form: Annotated[MeetingForm, Form()], body: TextField = "", life: TextField = ""
) -> Response:
    """Convene a meeting, or plan one that only secretariat and chairs see."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.CONVENE.require(context.actor, EntityInBody(body_row.id))
    is_planned = life == MeetingLife.PLANNED
    entry = parse_form(NewMeeting, form.typed)
    if life not in {value for value, *_words in LIFE_CHOICES}:
        entry = ParsedForm(entry.typed, None, {**entry.errors, "life": LIFE_REQUIRED})
    create_meeting = life_cycle.plan_meeting if is_planned else life_cycle.convene_meeting
    return submit_parsed_form(
        context,
        entry,
        action=lambda value: create_meeting(context.session, context.actor, body_row, value, context.language),
        render=partial(_render_form, context, body_row, None, life),
        done=lambda meeting: f"/meetings/{meeting.id}?done={'planned' if is_planned else 'convened'}",
        refusals=(BadRequest,),
        refusal_at="number",
    )


@router.get("/meetings/{meeting}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_meeting(context: ReadContext, meeting: UUID) -> Response:
    """Show the overview page of a meeting."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    formats = context.localizer
    sessions = queries.list_sessions(context.session, meeting_row)
    docket = build_meeting_docket(context.actor, meeting_row, context.request.state.reader.acts_for, formats)
    items = [
        (item, localize_title(item.titles, formats.language))
        for item in agendas.list_current_released_items(context.session, meeting_row)
    ]
    return context.render(
        "web/meetings/show.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "overview", formats.language),
        moved=find_deadline_change(context.session, meeting_row),
        readiness=load_readiness(context, meeting_row, sessions),
        items=items,
        dates=build_meeting_date_list(meeting_row, formats),
        timeline=build_meeting_timeline(meeting_row, sessions, formats),
        due_on=get_deadline_day(meeting_row),
        sessions=_load_session_gauges(context, meeting_row, sessions),
        practical=localize_title(meeting_row.practical, formats.language),
        before=list_circulated_drafts(context.session, context.actor, formats, meeting_row),
        moves=rules.list_open_moves(context.actor, meeting_row),
        docket=docket,
        docket_button=BUTTONS.get((docket.row.life, docket.row.permission.name))
        if docket and docket.row.permission
        else None,
        may_join=bool(meeting_row.remote_link)
        and participants.can_join_remotely(context.session, context.actor, meeting_row),
        may_register=REGISTER.allows(context.actor, build_delegation(meeting_row, context.actor.entity)),
        letter=is_pdf_available() and meeting_row.life != MeetingLife.CANCELLED,
    )


def _load_session_gauges(
    context: ReadContext, meeting: Meeting, sessions: Sequence[MeetingSession]
) -> list[SessionGauge]:
    """Load what the released agenda plans for the sessions of a meeting."""
    items = agendas.list_released_minutes(context.session, meeting)
    return build_session_gauges(items, meeting, sessions, context.language)


@router.get("/meetings/{meeting}/edit", dependencies=[Depends(SignedInGuard(rules.CHANGE))])
def show_meeting_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the form of a meeting."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.CHANGE.require(context.actor, meeting_row)
    body = context.session.get_one(Body, meeting_row.body_id)
    typed = _current_form_fields(meeting_row, body, context.language)
    return _render_form(context, body, meeting_row, "", ParsedForm(typed, None, {}))


@router.post("/meetings/{meeting}/edit", dependencies=[Depends(SignedInGuard(rules.CHANGE))])
def change_meeting(
    context: WriteContext, meeting: UUID, form: Annotated[MeetingForm, Form()], version: VersionField = 0
) -> Response:
    """Save the form of a meeting."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.CHANGE.require(context.actor, meeting_row)
    body, language = context.session.get_one(Body, meeting_row.body_id), context.language

    def change(value: NewMeeting) -> None:
        life_cycle.change_meeting(context.session, context.actor, meeting_row, value, language, version=version)
        late_submissions.recheck_late_contributions(context.session, context.actor, meeting_row)

    return submit_form(
        context,
        NewMeeting,
        form.typed | _unchangeable_fields(meeting_row, body, language),
        action=change,
        render=partial(_render_form, context, body, meeting_row, ""),
        done=f"/meetings/{meeting_row.id}?done=saved",
        refusals=(Conflict,),
        refusal_at="closes_on",
    )


def _current_form_fields(meeting: Meeting, body: Body, language: str) -> dict[str, str]:
    """Return the saved values as form fields; of the deadlines only those that differ from the body's rules."""
    typed = {
        "number": str(meeting.number),
        "place": localize_title(meeting.place, language)[0],
        "zone": meeting.zone,
        "opens_on": meeting.opens_on.isoformat(),
        "closes_on": meeting.closes_on.isoformat(),
    }
    for what, days in zip(DEADLINE_NAMES, _deadline_days(body), strict=True):
        day = get_day_in_meeting_zone(getattr(meeting, f"{what}_due_at"), meeting)
        typed[f"{what}_due_on"] = "" if (meeting.opens_on - day).days == days else day.isoformat()
    return typed


def _unchangeable_fields(meeting: Meeting, body: Body, language: str) -> dict[str, str]:
    """Return the fields that the form cannot change: the number; in session also the opening day and the deadlines,
    which are left out."""
    current_fields = _current_form_fields(meeting, body, language)
    if meeting.life != MeetingLife.IN_SESSION:
        return {"number": current_fields["number"]}
    fixed_fields = {name: current_fields[name] for name in ("number", "zone", "opens_on")}
    return fixed_fields | {f"{name}_due_on": "" for name in DEADLINE_NAMES}


def _deadline_days(body: Body) -> tuple[int, int, int, int]:
    return body.deadline_days, body.posting_days, body.proposal_days, body.registration_days


def _render_form(
    context: ReadContext,
    body: Body,
    meeting: Meeting | None,
    life: str,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of a new or an existing meeting."""
    return context.render(
        "web/meetings/edit.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        meeting=meeting,
        name=format_meeting_name(meeting, body) if meeting else None,
        typed=entry.typed,
        errors=entry.errors,
        life=life,
        lives=LIFE_CHOICES,
        in_session=meeting is not None and meeting.life == MeetingLife.IN_SESSION,
        zones=_zones(context.localizer, str(entry.typed["zone"])),
    )


def _zones(formats: Localizer, chosen: str) -> list[tuple[str, str]]:
    """Return time zones sorted by place name in the reader's language, UTC first."""
    shown = time_zones.SELECTABLE_ZONES | {chosen} & time_zones.ALL_ZONES - {time_zones.UTC}
    named = [(zone, formats.time_zone_name(zone)) for zone in shown]
    return [(time_zones.UTC, time_zones.UTC), *sorted(named, key=lambda pair: name_sort_key(pair[1], formats.language))]
