"""Participants of a meeting: the list in protocol order, registration by delegation, attendance."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.printing import attached_pdf, is_available
from app.asgi.words import MODES, PARTS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict, Refusal, Unacceptable
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Body
from app.domain.bodies.rules import is_secretary
from app.domain.meetings import queries as meetings
from app.domain.meetings import rules as meeting_rules
from app.domain.meetings.models import Meeting
from app.domain.member_states import is_known, name, order
from app.domain.participants import actions, queries, rules
from app.domain.participants.actions import ITU
from app.domain.participants.inputs import OF_A_DELEGATION, NewParticipant
from app.domain.participants.models import Capacity, Mode, Participant
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.meeting_pages import frame
from app.web.participants_view import OBSERVERS_WORDS, SECRETARIAT_WORDS, _group_name, groups
from app.web.standing import called
from app.web.timeline import today_at
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce("present", "shown", "was"))])

SEE, REGISTER = [Depends(Asks(meeting_rules.SEE))], [Depends(Asks(rules.REGISTER))]
NOTE = [Depends(Asks(rules.NOTE_ATTENDANCE))]
OBSERVER = "observer"


def participant_fields(
    person: Typed = "",
    name: Typed = "",
    function: Typed = "",
    capacity: Typed = "",
    mode: Typed = "",
    organization: Typed = "",
) -> dict[str, str]:
    """Return the form fields of a participant as typed."""
    return {
        "person": person,
        "name": name,
        "function": function,
        "capacity": capacity,
        "mode": mode,
        "organization": organization,
    }


ParticipantFields = Annotated[dict[str, str], Depends(participant_fields)]


@router.get("/meetings/{meeting}/participants", name="participants", dependencies=SEE)
def listed(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the list of participants."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    registered = queries.listed(session, actor, meeting_row)
    return house.pages.show(
        request,
        "web/participants/list.html",
        frame=frame(session, actor, meeting_row, "participants", house.pages.language(request)),
        groups=groups(actor, meeting_row, registered),
        states=len({each.entity for each in registered if is_known(each.entity)}),
        remote=sum(each.mode == Mode.REMOTE for each in registered),
        may_register=rules.REGISTER.allows(actor, rules.delegation(meeting_row, actor.entity)),
        may_note=rules.NOTE_ATTENDANCE.allows(actor, meeting_row),
        registers=rules.REGISTER.who.against(actor, rules.delegation(meeting_row, actor.entity)) is None,
        printable=is_available(),
    )


@router.get("/meetings/{meeting}/participants.pdf", name="participants-pdf", dependencies=SEE)
def printed(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Download the list of participants as PDF."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    body = session.get_one(Body, meeting_row.body_id)
    html = house.pages.write(
        language,
        "print/participants.html",
        meeting=meeting_row,
        name=called(meeting_row, body),
        body_name=in_language(body.names, language),
        place=in_language(meeting_row.place, language),
        groups=groups(actor, meeting_row, queries.listed(session, actor, meeting_row)),
        today=today_at(meeting_row),
    )
    file = f"{body.prefix} {meeting_row.number} participants {language.upper()}.pdf"
    return attached_pdf(session, html, file)


@router.get("/meetings/{meeting}/participants/new", name="new-participant", dependencies=REGISTER)
def new(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, entity: str = ""
) -> Response:
    """Show the registration form; the secretariat first chooses the delegation."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    if not entity and is_secretary.against(actor, meeting_row) is None:
        rules.REGISTER.require(actor, rules.delegation(meeting_row, actor.entity))
        return _render_delegation_choice(session, actor, house, request, meeting_row)
    entity_code = _entity_code(entity or actor.entity)
    rules.REGISTER.require(actor, rules.delegation(meeting_row, entity_code))
    default_capacity = Capacity.DELEGATE if len(_capacities(entity_code)) > 1 else _capacities(entity_code)[0][0]
    typed = participant_fields(capacity=default_capacity, mode=Mode.ON_SITE)
    return _render_form(session, actor, house, request, meeting_row, entity_code, Entry(typed, None, {}))


@router.post("/meetings/{meeting}/participants", name="register-participant", dependencies=REGISTER)
def register(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: ParticipantFields,
    entity: Typed = "",
) -> Response:
    """Register a participant."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    entity_code = _entity_code(entity or actor.entity)
    rules.REGISTER.require(actor, rules.delegation(meeting_row, entity_code))
    entry = _read_form(typed)
    if entry.made is None:
        return _render_form(session, actor, house, request, meeting_row, entity_code, entry)
    try:
        with apart(session):
            actions.register(session, actor, meeting_row, entity_code, entry.made)
    except Unacceptable as error:
        again: Entry[NewParticipant] = Entry(typed, None, {"capacity": error.reason})
        return _render_form(session, actor, house, request, meeting_row, entity_code, again)
    return RedirectResponse(f"/meetings/{meeting_row.id}/participants?done=participant", 303)


@router.get("/participants/{participant}/edit", name="edit-participant", dependencies=REGISTER)
def edit(participant: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of a registered participant."""
    participant_row, meeting = _get_changeable_participant(session, actor, participant)
    typed = {
        "person": str(participant_row.person_id or ""),
        "name": "" if participant_row.person_id else participant_row.name,
        "function": participant_row.function,
        "capacity": participant_row.capacity,
        "mode": participant_row.mode,
        "organization": "" if participant_row.entity else participant_row.entity_name,
    }
    return _render_form(
        session, actor, house, request, meeting, participant_row.entity, Entry(typed, None, {}), participant_row
    )


@router.post("/participants/{participant}", name="change-participant", dependencies=REGISTER)
def change(
    participant: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: ParticipantFields,
    version: Version = 0,
) -> Response:
    """Save the form of a registered participant."""
    participant_row, meeting = _get_changeable_participant(session, actor, participant)
    entry = _read_form(typed)
    if entry.made is None:
        return _render_form(session, actor, house, request, meeting, participant_row.entity, entry, participant_row)
    try:
        with apart(session):
            actions.change(session, actor, participant_row, entry.made, version=version)
    except (Unacceptable, Conflict) as error:
        again: Entry[NewParticipant] = Entry(typed, None, {"capacity": error.reason})
        return _render_form(
            session, actor, house, request, meeting, participant_row.entity, again, participant_row, refused=error
        )
    return RedirectResponse(f"/meetings/{meeting.id}/participants?done=participant-changed", 303)


@router.get("/participants/{participant}/cancel", name="cancelling-participant", dependencies=REGISTER)
def cancelling(participant: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page on which a registration is cancelled."""
    participant_row, meeting = _get_changeable_participant(session, actor, participant)
    return house.pages.show(
        request,
        "web/participants/cancel.html",
        frame=frame(session, actor, meeting, "participants", house.pages.language(request)),
        participant=participant_row,
        whose=_group_name(participant_row.entity, participant_row.entity_name),
    )


@router.post("/participants/{participant}/cancel", name="cancel-participant", dependencies=REGISTER)
def cancel(participant: UUID, actor: SignedIn, session: Writing, version: Version = 0) -> Response:
    """Cancel a registration."""
    participant_row, meeting = _get_changeable_participant(session, actor, participant)
    actions.cancel(session, actor, participant_row, version=version)
    return RedirectResponse(f"/meetings/{meeting.id}/participants?done=participant-cancelled", 303)


@router.get("/meetings/{meeting}/attendance", name="attendance", dependencies=NOTE)
def attendance(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the attendance form."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.NOTE_ATTENDANCE.require(actor, meeting_row)
    return house.pages.show(
        request,
        "web/participants/attendance.html",
        frame=frame(session, actor, meeting_row, "participants", house.pages.language(request)),
        groups=groups(actor, meeting_row, queries.listed(session, actor, meeting_row)),
    )


@router.post("/meetings/{meeting}/attendance", name="note-attendance", dependencies=NOTE)
def note(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    present: Annotated[list[UUID], Form()] = [],  # noqa: B006 - FastAPI copies it
    shown: Annotated[list[UUID], Form()] = [],  # noqa: B006
    was: Annotated[list[UUID], Form()] = [],  # noqa: B006
) -> Response:
    """Note which participants were present."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    actions.note_attendance(session, actor, meeting_row, set(present), shown=set(shown), was=set(was))
    return RedirectResponse(f"/meetings/{meeting_row.id}/participants?done=attendance", 303)


def _get_changeable_participant(session: ReadSession, actor: Actor, participant: UUID) -> tuple[Participant, Meeting]:
    """Return a participant and the meeting. Raises NotFound; Forbidden or Conflict if the actor may not change the
    registration now."""
    participant_row = queries.one_visible(session, actor, participant)
    meeting = meetings.one_visible(session, actor, participant_row.meeting_id)
    rules.REGISTER.require(actor, rules.delegation(meeting, participant_row.entity))
    return participant_row, meeting


def _entity_code(chosen: str) -> str:
    """Return the code of an entity; observers have none."""
    return "" if chosen == OBSERVER else chosen


def _read_form(typed: Mapping[str, str]) -> Entry[NewParticipant]:
    """Validate the form; an error about person and name together is shown at the name."""
    entry = read(NewParticipant, typed)
    return Entry(typed, entry.made, {name or "name": words for name, words in entry.errors.items()})


def _capacities(entity: str) -> list[tuple[str, Text]]:
    fits = {"": (Capacity.OBSERVER,), ITU: (Capacity.SECRETARIAT,)}.get(entity, OF_A_DELEGATION)
    return [(str(each), PARTS[each]) for each in fits]


def _render_delegation_choice(
    session: ReadSession, actor: Actor, house: House, request: Request, meeting: Meeting
) -> Response:
    """Render the page on which the secretariat chooses the delegation."""
    language = house.pages.language(request)
    body = session.get_one(Body, meeting.body_id)
    admitted = [row.code for row in bodies.states(session) if row.category in body.admits]
    states = [(code, name(code, language)) for code in order(admitted, language)]
    return house.pages.show(
        request,
        "web/participants/choose.html",
        frame=frame(session, actor, meeting, "participants", language),
        choices=[(ITU, SECRETARIAT_WORDS), (OBSERVER, OBSERVERS_WORDS), *states],
    )


def _render_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    entity: str,
    entry: Entry[NewParticipant],
    changed: Participant | None = None,
    *,
    refused: Refusal | None = None,
) -> Response:
    """Render the form of a new or a registered participant."""
    known = [(str(each.id), each.name) for each in queries.people(session, actor, meeting, entity)]
    if changed and changed.person_id:
        known = sorted([*known, (str(changed.person_id), changed.name)], key=lambda pair: pair[1])
    status = refused.status if refused else 400 if entry.errors else 200
    return house.pages.show(
        request,
        "web/participants/edit.html",
        status=status,
        frame=frame(session, actor, meeting, "participants", house.pages.language(request)),
        entity=entity or OBSERVER,
        whose=_group_name(entity, entity) if entity else OBSERVERS_WORDS,
        people=[("", say("Somebody whom the portal does not know")), *known] if known else [],
        capacities=_capacities(entity),
        modes=[(str(mode), MODES[mode]) for mode in Mode],
        typed=entry.typed,
        errors=entry.errors,
        changed=changed,
    )
