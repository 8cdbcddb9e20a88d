"""Participants of a meeting: the list in protocol order, registration by delegation, attendance."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import list_member_states
from app.domain.bodies.rules import is_secretary
from app.domain.meetings import queries as meetings
from app.domain.meetings import rules as meeting_rules
from app.domain.meetings.models import Meeting
from app.domain.member_states import get_state_name, is_known_state, order_by_name
from app.domain.participants import queries, rules
from app.domain.participants.actions import attendance, registration
from app.domain.participants.inputs import DELEGATION_CAPACITIES, NewParticipant
from app.domain.participants.models import ITU_ENTITY, Participant, ParticipantCapacity, ParticipationMode
from app.http.authentication import SignedInGuard
from app.http.exports.csv_export import csv_response
from app.http.exports.pdf_export import is_pdf_available, pdf_response
from app.http.labels import PARTICIPANT_ROLE_LABELS, PARTICIPATION_MODE_LABELS
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, TypedForm, VersionField
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.timeline import get_meeting_today
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.meetings.participant_counts import count_by_region
from app.web.views.meetings.participants import (
    OBSERVERS_LABEL,
    SECRETARIAT_LABEL,
    group_by_delegation,
    list_csv_rows,
    name_delegation_group,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("present", "shown", "was"))])

SEE_PARTICIPANTS_GUARDS = [Depends(SignedInGuard(meeting_rules.SEE))]
REGISTER_PARTICIPANT_GUARDS = [Depends(SignedInGuard(rules.REGISTER))]
NOTE_ATTENDANCE_GUARDS = [Depends(SignedInGuard(rules.NOTE_ATTENDANCE))]
OBSERVER = "observer"


class ParticipantForm(TypedForm):
    """The fields of a participant."""

    person: str = ""
    name: str = ""
    function: str = ""
    capacity: str = ""
    mode: str = ""
    organization: str = ""


@router.get("/meetings/{meeting}/participants", dependencies=SEE_PARTICIPANTS_GUARDS)
def show_participant_list(context: ReadContext, meeting: UUID) -> Response:
    """Show the list of participants."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    registered = queries.list_participants(context.session, context.actor, meeting_row)
    return context.render(
        "web/participants/list.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "participants", context.language),
        groups=group_by_delegation(context.actor, meeting_row, registered),
        states=len({each.entity for each in registered if is_known_state(each.entity)}),
        regions=count_by_region(context.session, registered) if registered else [],
        remote=sum(each.mode == ParticipationMode.REMOTE for each in registered),
        may_register=rules.REGISTER.allows(context.actor, rules.build_delegation(meeting_row, context.actor.entity)),
        may_make_badges=rules.MAKE_BADGES.allows(context.actor, meeting_row),
        may_note=rules.NOTE_ATTENDANCE.allows(context.actor, meeting_row),
        registers=rules.REGISTER.actor_rule.objection_to(
            context.actor, rules.build_delegation(meeting_row, context.actor.entity)
        )
        is None,
        printable=is_pdf_available(),
    )


@router.get("/meetings/{meeting}/participants.pdf", dependencies=[*SEE_PARTICIPANTS_GUARDS, COSTLY_TURN])
def download_participants_pdf(context: ReadContext, meeting: UUID) -> Response:
    """Download the list of participants as PDF."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    language = context.language
    body = context.session.get_one(Body, meeting_row.body_id)
    html = context.portal.templates.render_printable_html(
        language,
        "print/participants.html",
        meeting=meeting_row,
        name=format_meeting_name(meeting_row, body),
        body_name=localize_title(body.names, language),
        place=localize_title(meeting_row.place, language),
        groups=group_by_delegation(
            context.actor, meeting_row, queries.list_participants(context.session, context.actor, meeting_row)
        ),
        today=get_meeting_today(meeting_row),
    )
    file = f"{body.prefix} {meeting_row.number} participants {language.upper()}.pdf"
    return pdf_response(context.session, html, file)


@router.get("/meetings/{meeting}/participants.csv", dependencies=SEE_PARTICIPANTS_GUARDS)
def download_participants_csv(context: ReadContext, meeting: UUID) -> Response:
    """Download the list of participants as CSV, with who was present, in protocol order."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    registered = queries.list_participants(context.session, context.actor, meeting_row)
    rows = list(list_csv_rows(registered, context.language))  # before the session ends
    body = context.session.get_one(Body, meeting_row.body_id)
    return csv_response(rows, f"{body.prefix} {meeting_row.number} participants {context.language.upper()}.csv")


@router.get("/meetings/{meeting}/participants/new", dependencies=REGISTER_PARTICIPANT_GUARDS)
def show_new_participant_form(context: ReadContext, meeting: UUID, entity: str = "") -> Response:
    """Show the registration form; the secretariat first chooses the delegation."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    if not entity and is_secretary.objection_to(context.actor, meeting_row) is None:
        rules.REGISTER.require(context.actor, rules.build_delegation(meeting_row, context.actor.entity))
        return _render_delegation_choice(context, meeting_row)
    entity_code = _entity_code(entity or context.actor.entity)
    rules.REGISTER.require(context.actor, rules.build_delegation(meeting_row, entity_code))
    default_capacity = (
        ParticipantCapacity.DELEGATE if len(_capacities(entity_code)) > 1 else _capacities(entity_code)[0][0]
    )
    form = ParticipantForm(capacity=default_capacity, mode=ParticipationMode.ON_SITE)
    return _render_form(context, meeting_row, entity_code, None, ParsedForm(form.typed, None, {}))


@router.post("/meetings/{meeting}/participants", dependencies=REGISTER_PARTICIPANT_GUARDS)
def register_participant(
    context: WriteContext, meeting: UUID, form: Annotated[ParticipantForm, Form()], entity: TextField = ""
) -> Response:
    """Register a participant."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    entity_code = _entity_code(entity or context.actor.entity)
    rules.REGISTER.require(context.actor, rules.build_delegation(meeting_row, entity_code))
    return submit_form(
        context,
        NewParticipant,
        form.typed,
        action=lambda value: registration.register_participant(
            context.session, context.actor, meeting_row, entity_code, value
        ),
        render=partial(_render_form, context, meeting_row, entity_code, None),
        done=f"/meetings/{meeting_row.id}/participants?done=participant",
        refusals=(BadRequest,),
        refusal_at="capacity",
    )


@router.get("/participants/{participant}/edit", dependencies=REGISTER_PARTICIPANT_GUARDS)
def show_participant_form(context: ReadContext, participant: UUID) -> Response:
    """Show the form of a registered participant."""
    participant_row, meeting = _get_changeable_participant(context, participant)
    form = ParticipantForm(
        person=str(participant_row.person_id or ""),
        name="" if participant_row.person_id else participant_row.name,
        function=participant_row.function,
        capacity=participant_row.capacity,
        mode=participant_row.mode,
        organization="" if participant_row.entity else participant_row.entity_name,
    )
    return _render_form(context, meeting, participant_row.entity, participant_row, ParsedForm(form.typed, None, {}))


@router.post("/participants/{participant}", dependencies=REGISTER_PARTICIPANT_GUARDS)
def change_participant(
    context: WriteContext, participant: UUID, form: Annotated[ParticipantForm, Form()], version: VersionField = 0
) -> Response:
    """Save the form of a registered participant."""
    participant_row, meeting = _get_changeable_participant(context, participant)
    return submit_form(
        context,
        NewParticipant,
        form.typed,
        action=lambda value: registration.change_participant(
            context.session, context.actor, participant_row, value, version=version
        ),
        render=partial(_render_form, context, meeting, participant_row.entity, participant_row),
        done=f"/meetings/{meeting.id}/participants?done=participant-changed",
        refusal_at="capacity",
    )


@router.get("/participants/{participant}/cancel", dependencies=REGISTER_PARTICIPANT_GUARDS)
def show_participant_cancellation(context: ReadContext, participant: UUID) -> Response:
    """Show the page on which a registration is cancelled."""
    participant_row, meeting = _get_changeable_participant(context, participant)
    return context.render(
        "web/participants/cancel.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "participants", context.language),
        participant=participant_row,
        whose=name_delegation_group(participant_row.entity, participant_row.entity_name),
    )


@router.post("/participants/{participant}/cancel", dependencies=REGISTER_PARTICIPANT_GUARDS)
def cancel_participant(context: WriteContext, participant: UUID, version: VersionField = 0) -> Response:
    """Cancel a registration."""
    participant_row, meeting = _get_changeable_participant(context, participant)
    registration.cancel_participant(context.session, context.actor, participant_row, version=version)
    return context.redirect(f"/meetings/{meeting.id}/participants?done=participant-cancelled")


@router.get("/meetings/{meeting}/attendance", dependencies=NOTE_ATTENDANCE_GUARDS)
def show_attendance_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the attendance form."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.NOTE_ATTENDANCE.require(context.actor, meeting_row)
    return context.render(
        "web/participants/attendance.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "participants", context.language),
        groups=group_by_delegation(
            context.actor, meeting_row, queries.list_participants(context.session, context.actor, meeting_row)
        ),
    )


@router.post("/meetings/{meeting}/attendance", dependencies=NOTE_ATTENDANCE_GUARDS)
def note_attendance(
    context: WriteContext,
    meeting: UUID,
    present: Annotated[list[UUID], Form()] = [],  # noqa: B006 - FastAPI copies it
    shown: Annotated[list[UUID], Form()] = [],  # noqa: B006 - FastAPI copies it
    was: Annotated[list[UUID], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Note which participants were present."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    attendance.note_attendance(
        context.session, context.actor, meeting_row, set(present), listed=set(shown), previously_present=set(was)
    )
    return context.redirect(f"/meetings/{meeting_row.id}/participants?done=attendance")


def _get_changeable_participant(context: ReadContext, participant: UUID) -> tuple[Participant, Meeting]:
    """Return a participant and the meeting. Raises NotFound; Forbidden or Conflict if the actor may not change the
    registration now."""
    participant_row = queries.get_visible_participant(context.session, context.actor, participant)
    meeting = meetings.get_visible_meeting(context.session, context.actor, participant_row.meeting_id)
    rules.REGISTER.require(context.actor, rules.build_delegation(meeting, participant_row.entity))
    return participant_row, meeting


def _entity_code(chosen: str) -> str:
    """Return the code of an entity; observers have none."""
    return "" if chosen == OBSERVER else chosen


def _capacities(entity: str) -> list[tuple[str, LazyText]]:
    fits = {"": (ParticipantCapacity.OBSERVER,), ITU_ENTITY: (ParticipantCapacity.SECRETARIAT,)}.get(
        entity, DELEGATION_CAPACITIES
    )
    return [(str(each), PARTICIPANT_ROLE_LABELS[each]) for each in fits]


def _render_delegation_choice(context: ReadContext, meeting: Meeting) -> Response:
    """Render the page on which the secretariat chooses the delegation."""
    language = context.language
    body = context.session.get_one(Body, meeting.body_id)
    admitted = [row.code for row in list_member_states(context.session) if row.category in body.admits]
    states = [(code, get_state_name(code, language)) for code in order_by_name(admitted, language)]
    return context.render(
        "web/participants/choose.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "participants", language),
        choices=[(ITU_ENTITY, SECRETARIAT_LABEL), (OBSERVER, OBSERVERS_LABEL), *states],
    )


def _render_form(
    context: ReadContext,
    meeting: Meeting,
    entity: str,
    changed: Participant | None,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of a new or a registered participant."""
    known = [
        (str(each.id), each.name)
        for each in queries.list_unregistered_people(context.session, context.actor, meeting, entity)
    ]
    if changed and changed.person_id:
        known = sorted([*known, (str(changed.person_id), changed.name)], key=lambda pair: pair[1])
    return context.render(
        "web/participants/edit.html",
        status=get_form_http_status(entry, refusal),
        frame=build_meeting_frame(context.session, context.actor, meeting, "participants", context.language),
        entity=entity or OBSERVER,
        whose=name_delegation_group(entity, entity) if entity else OBSERVERS_LABEL,
        people=[("", _("A person not listed in the portal")), *known] if known else [],
        capacities=_capacities(entity),
        modes=[(str(mode), PARTICIPATION_MODE_LABELS[mode]) for mode in ParticipationMode],
        typed=entry.typed,
        errors=entry.errors,
        changed=changed,
    )
