"""Participants of a meeting: the list by protocol order, registration by delegation, attendance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
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
from app.web.standing import called
from app.web.timeline import today_at
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce("present", "shown", "was"))])

SEE, REGISTER = [Depends(Asks(meeting_rules.SEE))], [Depends(Asks(rules.REGISTER))]
NOTE = [Depends(Asks(rules.NOTE_ATTENDANCE))]
OBSERVER = "observer"
SECRETARIAT_WORDS, OBSERVERS_WORDS = say("Secretariat of ITU"), say("Observers")


@dataclass(frozen=True, slots=True)
class Line:
    """One participant in a list."""

    participant: Participant
    capacity: Text
    mode: Text
    may_change: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Those of one delegation, of one observer's organization, or of the secretariat."""

    name: Text
    lines: list[Line]


def participant_fields(
    person: Typed = "",
    name: Typed = "",
    function: Typed = "",
    capacity: Typed = "",
    mode: Typed = "",
    organization: Typed = "",
) -> dict[str, str]:
    """The form of a participant as it was typed."""
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
    found = meetings.one_visible(session, actor, meeting)
    there = queries.listed(session, actor, found)
    return house.pages.show(
        request,
        "web/participants/list.html",
        frame=frame(session, actor, found, "participants", house.pages.language(request)),
        groups=groups(actor, found, there),
        states=len({each.entity for each in there if is_known(each.entity)}),
        remote=sum(each.mode == Mode.REMOTE for each in there),
        may_register=rules.REGISTER.allows(actor, rules.delegation(found, actor.entity)),
        may_note=rules.NOTE_ATTENDANCE.allows(actor, found),
        registers=rules.REGISTER.who.against(actor, rules.delegation(found, actor.entity)) is None,
        printable=is_available(),
    )


@router.get("/meetings/{meeting}/participants.pdf", name="participants-pdf", dependencies=SEE)
def printed(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    body = session.get_one(Body, found.body_id)
    html = house.pages.write(
        language,
        "print/participants.html",
        meeting=found,
        name=called(found, body),
        body_name=in_language(body.names, language),
        place=in_language(found.place, language),
        groups=groups(actor, found, queries.listed(session, actor, found)),
        today=today_at(found),
    )
    file = f"{body.prefix} {found.number} participants {language.upper()}.pdf"
    return attached_pdf(session, html, file)


def groups(actor: Actor, meeting: Meeting, participants: Sequence[Participant]) -> list[Group]:
    """Participants in protocol order, under the name of their delegation."""
    return [
        Group(_group_name(*key), [_line(actor, meeting, each) for each in those])
        for key, those in groupby(participants, key=lambda each: (each.entity, each.entity_name))
    ]


def _group_name(entity: str, entity_name: str) -> Text:
    return SECRETARIAT_WORDS if entity == ITU else EntityName(entity or entity_name, {"otherwise": entity_name})


def _line(actor: Actor, meeting: Meeting, each: Participant) -> Line:
    may_change = rules.REGISTER.allows(actor, rules.delegation(meeting, each.entity))
    return Line(each, PARTS[each.capacity], MODES[each.mode], may_change)


@router.get("/meetings/{meeting}/participants/new", name="new-participant", dependencies=REGISTER)
def new(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, entity: str = ""
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    if not entity and is_secretary.against(actor, found) is None:
        rules.REGISTER.require(actor, rules.delegation(found, actor.entity))
        return _choice(session, actor, house, request, found)
    whose = _entity(entity or actor.entity)
    rules.REGISTER.require(actor, rules.delegation(found, whose))
    usual = Capacity.DELEGATE if len(_capacities(whose)) > 1 else _capacities(whose)[0][0]
    typed = participant_fields(capacity=usual, mode=Mode.ON_SITE)
    return _form(session, actor, house, request, found, whose, Entry(typed, None, {}))


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
    found = meetings.one_visible(session, actor, meeting)
    whose = _entity(entity or actor.entity)
    rules.REGISTER.require(actor, rules.delegation(found, whose))
    entry = _read(typed)
    if entry.made is None:
        return _form(session, actor, house, request, found, whose, entry)
    try:
        with apart(session):
            actions.register(session, actor, found, whose, entry.made)
    except Unacceptable as refused:
        again: Entry[NewParticipant] = Entry(typed, None, {"capacity": refused.reason})
        return _form(session, actor, house, request, found, whose, again)
    return RedirectResponse(f"/meetings/{found.id}/participants?done=participant", 303)


@router.get("/participants/{participant}/edit", name="edit-participant", dependencies=REGISTER)
def edit(participant: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there, found = _one(session, actor, participant)
    typed = {
        "person": str(there.person_id or ""),
        "name": "" if there.person_id else there.name,
        "function": there.function,
        "capacity": there.capacity,
        "mode": there.mode,
        "organization": "" if there.entity else there.entity_name,
    }
    return _form(session, actor, house, request, found, there.entity, Entry(typed, None, {}), there)


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
    there, found = _one(session, actor, participant)
    entry = _read(typed)
    if entry.made is None:
        return _form(session, actor, house, request, found, there.entity, entry, there)
    try:
        with apart(session):
            actions.change(session, actor, there, entry.made, version=version)
    except (Unacceptable, Conflict) as refused:
        again: Entry[NewParticipant] = Entry(typed, None, {"capacity": refused.reason})
        return _form(session, actor, house, request, found, there.entity, again, there, refused=refused)
    return RedirectResponse(f"/meetings/{found.id}/participants?done=participant-changed", 303)


@router.get("/participants/{participant}/cancel", name="cancelling-participant", dependencies=REGISTER)
def cancelling(participant: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there, found = _one(session, actor, participant)
    return house.pages.show(
        request,
        "web/participants/cancel.html",
        frame=frame(session, actor, found, "participants", house.pages.language(request)),
        participant=there,
        whose=_group_name(there.entity, there.entity_name),
    )


@router.post("/participants/{participant}/cancel", name="cancel-participant", dependencies=REGISTER)
def cancel(participant: UUID, actor: SignedIn, session: Writing, version: Version = 0) -> Response:
    there, found = _one(session, actor, participant)
    actions.cancel(session, actor, there, version=version)
    return RedirectResponse(f"/meetings/{found.id}/participants?done=participant-cancelled", 303)


@router.get("/meetings/{meeting}/attendance", name="attendance", dependencies=NOTE)
def attendance(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.NOTE_ATTENDANCE.require(actor, found)
    return house.pages.show(
        request,
        "web/participants/attendance.html",
        frame=frame(session, actor, found, "participants", house.pages.language(request)),
        groups=groups(actor, found, queries.listed(session, actor, found)),
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
    found = meetings.one_visible(session, actor, meeting)
    actions.note_attendance(session, actor, found, set(present), shown=set(shown), was=set(was))
    return RedirectResponse(f"/meetings/{found.id}/participants?done=attendance", 303)


def _one(session: ReadSession, actor: Actor, participant: UUID) -> tuple[Participant, Meeting]:
    """A participant whose registration the actor may change now, and the meeting."""
    there = queries.one_visible(session, actor, participant)
    found = meetings.one_visible(session, actor, there.meeting_id)
    rules.REGISTER.require(actor, rules.delegation(found, there.entity))
    return there, found


def _entity(chosen: str) -> str:
    """Observers have no entity."""
    return "" if chosen == OBSERVER else chosen


def _read(typed: Mapping[str, str]) -> Entry[NewParticipant]:
    """What is wrong with person and name together is said beside the name."""
    entry = read(NewParticipant, typed)
    return Entry(typed, entry.made, {name or "name": words for name, words in entry.errors.items()})


def _capacities(entity: str) -> list[tuple[str, Text]]:
    fits = {"": (Capacity.OBSERVER,), ITU: (Capacity.SECRETARIAT,)}.get(entity, OF_A_DELEGATION)
    return [(str(each), PARTS[each]) for each in fits]


def _choice(session: ReadSession, actor: Actor, house: House, request: Request, meeting: Meeting) -> Response:
    """For whom the secretariat registers somebody."""
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


def _form(
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
    """The form of a new participant, or of one that is there."""
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
