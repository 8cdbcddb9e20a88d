"""Who sits in a body: accreditations by State, people who could be given a seat, giving one and ending it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Row

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import MEMBERSHIPS, ROLES
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unacceptable, Unknown
from app.core.i18n import Text, say
from app.domain import member_states
from app.domain.bodies import actions, queries, rules
from app.domain.bodies.inputs import Ending, NewAccreditation
from app.domain.bodies.models import Accreditation, Appointment, Body, Capacity
from app.domain.bodies.rules import Grant, Place
from app.domain.identity.models import Person
from app.web.entries import EachFieldOnce, Entry, Typed, Wanted, read
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

NOBODY = UUID(int=0)
"""The person of a grant whose person is not chosen yet."""


@dataclass(frozen=True, slots=True)
class SeatLine:
    """An accreditation or an office in a list."""

    id: UUID
    name: str
    role: Text
    from_on: date
    until_on: date
    tag: tuple[str, Text]
    because: str | None
    may_end: bool
    may_confirm: bool = False


def standing_of(term: Accreditation | Appointment, today: date) -> tuple[str, Text]:
    """Whether it counts today."""
    if term.ended_at is not None:
        return "none", say("Ended")
    if isinstance(term, Appointment) and term.confirmed_at is None:
        return "warn", say("Proposed, to be confirmed")
    if term.until_on < today:
        return "none", say("Has run out")
    return ("info", say("To come")) if term.from_on > today else ("good", say("In force"))


@router.get("/people", name="people", dependencies=[Depends(Asks(rules.SEE_PEOPLE))])
def overview(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """The bodies of which the reader may see people."""
    language = house.pages.language(request)
    mine = [
        (body, in_language(body.names, language))
        for body in session.scalars(queries.visible(actor).order_by(Body.prefix))
        if rules.SEE_PEOPLE.allows(actor, Place(body.id, actor.entity))
    ]
    if not mine:
        raise Unknown()
    return house.pages.show(request, "web/people/list.html", bodies=mine)


@router.get("/people/{body}", name="people-of", dependencies=[Depends(Asks(rules.SEE_PEOPLE))])
def show(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = one_body(session, actor, body)
    language = house.pages.language(request)
    today = clock.now().date()
    rows = queries.accreditations(session, actor, there.id)
    seated = {person.id for term, person in rows if term.ended_at is None and term.until_on >= today}
    candidates = [row for row in _admitted(session, actor, there) if row.id not in seated]
    appointed = queries.appointments(session, actor, there.id)
    return house.pages.show(
        request,
        "web/people/show.html",
        body=there,
        body_name=in_language(there.names, language),
        entities=_by_entity(actor, rows, today, language),
        candidates=[(row, _entity(row.entity, row.entity_name), MEMBERSHIPS[row.membership]) for row in candidates],
        offices=[_office(actor, term, person, today) for term, person in appointed],
        may_propose=rules.PROPOSE_OFFICE.allows(actor, Grant(there.id, "", NOBODY, "")),
        may_admit=rules.ADMIT.allows(actor, Place(there.id)),
    )


@router.get("/people/{body}/accredit", name="accrediting", dependencies=[Depends(Asks(rules.ACCREDIT))])
def accrediting(
    body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request, person: str = ""
) -> Response:
    there = one_body(session, actor, body)
    rules.ACCREDIT.require(actor, Grant(there.id, actor.entity, NOBODY, Capacity.DELEGATE))
    today = clock.now().date()
    typed = {
        "person": person,
        "capacity": Capacity.DELEGATE,
        "from_on": today.isoformat(),
        "until_on": date(today.year + 1, 12, 31).isoformat(),
    }
    return _form(session, actor, house, request, there, Entry(typed, None, {}))


@router.post("/people/{body}/accredit", name="accredit", dependencies=[Depends(Asks(rules.ACCREDIT))])
def accredit(
    body: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    person: Typed = "",
    capacity: Typed = "",
    from_on: Typed = "",
    until_on: Typed = "",
) -> Response:
    there = one_body(session, actor, body)
    rules.ACCREDIT.require(actor, Grant(there.id, actor.entity, NOBODY, Capacity.DELEGATE))
    typed = {"person": person, "capacity": capacity, "from_on": from_on, "until_on": until_on}
    entry = beside(read(NewAccreditation, typed), "until_on")
    if entry.made is None:
        return _form(session, actor, house, request, there, entry)
    whom = queries.one_person(session, actor, there, entry.made.person)
    try:
        actions.accredit(session, actor, there, whom, entry.made)
    except Unacceptable as refused:
        return _form(session, actor, house, request, there, Entry(typed, None, {"person": refused.reason}))
    return RedirectResponse(f"/people/{there.code}?done=accredited", 303)


@router.get(
    "/accreditations/{accreditation}/end",
    name="ending-accreditation",
    dependencies=[Depends(Asks(rules.END_ACCREDITATION))],
)
def ending(accreditation: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_accreditation(session, actor, accreditation)
    rules.END_ACCREDITATION.require(actor, rules.grant_of(found))
    return _asking(session, house, request, found, Entry({"reason": ""}, None, {}))


@router.post(
    "/accreditations/{accreditation}/end",
    name="end-accreditation",
    dependencies=[Depends(Asks(rules.END_ACCREDITATION))],
)
def end(
    accreditation: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, reason: Typed = ""
) -> Response:
    found = queries.one_accreditation(session, actor, accreditation)
    rules.END_ACCREDITATION.require(actor, rules.grant_of(found))
    entry = read(Ending, {"reason": reason})
    if entry.made is None:
        return _asking(session, house, request, found, entry)
    actions.end_accreditation(session, actor, found, entry.made)
    return RedirectResponse(f"/people/{session.get_one(Body, found.body_id).code}?done=ended", 303)


def one_body(session: ReadSession, actor: Actor, code: str) -> Body:
    """That body, whose people the actor may see. Raises Unknown, Forbidden."""
    found = queries.one_visible(session, actor, code)
    rules.SEE_PEOPLE.require(actor, Place(found.id, actor.entity))
    return found


def beside(entry: Entry[Wanted], field: str) -> Entry[Wanted]:
    """What is wrong with two fields together is said beside one of them."""
    return Entry(entry.typed, entry.made, {name or field: words for name, words in entry.errors.items()})


def _entity(code: str, otherwise: str) -> Text:
    return EntityName(code, {"otherwise": otherwise or code})


def _admitted(session: ReadSession, actor: Actor, body: Body) -> list[Row[UUID, str, str, str, str]]:
    """People whom the actor could accredit: staff of ITU get offices instead, and nobody accredits themselves."""
    return [
        row
        for row in queries.people(session, actor, body)
        if row.membership in body.admits
        and rules.ACCREDIT.allows(actor, Grant(body.id, row.entity, row.id, Capacity.DELEGATE))
    ]


def _by_entity(
    actor: Actor, rows: Iterable[Row[Accreditation, Person]], today: date, language: str
) -> list[tuple[Text, list[SeatLine]]]:
    """Accreditations under their States, in the order of the reader's language; other members follow."""
    found: dict[str, list[SeatLine]] = {}
    names: dict[str, str] = {}
    for term, person in rows:
        found.setdefault(term.entity, []).append(_seat(actor, term, person, today))
        names[term.entity] = person.entity_name
    states = member_states.order(filter(member_states.is_known, found), language)
    others = sorted((code for code in found if not member_states.is_known(code)), key=names.__getitem__)
    return [(_entity(code, names[code]), found[code]) for code in (*states, *others)]


def _seat(actor: Actor, term: Accreditation, person: Person, today: date) -> SeatLine:
    return SeatLine(
        term.id,
        person.name,
        ROLES[term.capacity],
        term.from_on,
        term.until_on,
        standing_of(term, today),
        term.ended_because,
        rules.END_ACCREDITATION.allows(actor, rules.grant_of(term)),
    )


def _office(actor: Actor, term: Appointment, person: Person, today: date) -> SeatLine:
    return SeatLine(
        term.id,
        person.name,
        ROLES[term.office],
        term.from_on,
        term.until_on,
        standing_of(term, today),
        term.ended_because,
        rules.END_OFFICE.allows(actor, rules.office_of(term)),
        rules.CONFIRM_OFFICE.allows(actor, rules.office_of(term, to_confirm=True)),
    )


def _form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    body: Body,
    entry: Entry[NewAccreditation],
) -> Response:
    language = house.pages.language(request)
    capacities = [
        (str(capacity), ROLES[capacity])
        for capacity in Capacity
        if capacity != Capacity.FOCAL_POINT
        or rules.APPOINT_FOCAL_POINT.allows(actor, Grant(body.id, actor.entity, NOBODY, capacity))
    ]
    return house.pages.show(
        request,
        "web/people/accredit.html",
        status=400 if entry.errors else 200,
        body=body,
        typed=entry.typed,
        errors=entry.errors,
        people=person_choices(_admitted(session, actor, body), language),
        capacities=capacities,
    )


def person_choices(rows: Iterable[Row[UUID, str, str, str, str]], language: str) -> list[tuple[str, str]]:
    """People to choose from, with the State or member that each belongs to."""
    return [(str(row.id), f"{row.name} – {_entity(row.entity, row.entity_name).into(language)}") for row in rows]


def _asking(
    session: ReadSession, house: House, request: Request, found: Accreditation, entry: Entry[Ending]
) -> Response:
    person, body = session.get_one(Person, found.person_id), session.get_one(Body, found.body_id)
    return ending_page(
        house,
        request,
        entry,
        action=f"/accreditations/{found.id}/end",
        body=body,
        facts=[
            (say("Person"), person.name),
            (say("For"), _entity(found.entity, person.entity_name)),
            (say("As"), ROLES[found.capacity]),
        ],
        days=(found.from_on, found.until_on),
    )


def ending_page(
    house: House,
    request: Request,
    entry: Entry[Ending],
    *,
    action: str,
    body: Body | None,
    facts: list[tuple[Text, Text | str]],
    days: tuple[date, date],
) -> Response:
    """The page that asks for the reason of an end."""
    values: Mapping[str, object] = {"action": action, "body": body, "facts_of": facts, "days": days}
    return house.pages.show(
        request,
        "web/people/end.html",
        status=400 if entry.errors else 200,
        reason=entry.typed["reason"],
        error=entry.errors.get("reason"),
        **values,
    )
