"""Terms of accreditations and offices: somebody acts from one day to another. Forms, list lines and ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import Row

from app.asgi.actors import EntityName
from app.asgi.house import House
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.bodies import queries, rules
from app.domain.bodies.inputs import Ending
from app.domain.bodies.models import Accreditation, Appointment, Body
from app.domain.bodies.rules import Place
from app.web.entries import Entry, Wanted, read

NOBODY = UUID(int=0)
"""Placeholder in a grant before its person is chosen."""


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
    """Return the tag that says whether a term is in force today."""
    if term.ended_at is not None:
        return "none", say("Ended")
    if isinstance(term, Appointment) and term.confirmed_at is None:
        return "warn", say("Proposed, to be confirmed")
    if term.until_on < today:
        return "none", say("Has run out")
    return ("info", say("To come")) if term.from_on > today else ("good", say("In force"))


def one_body(session: ReadSession, actor: Actor, code: str) -> Body:
    """Load a body whose people the actor may see. Raises NotFound, Forbidden."""
    body = queries.one_visible(session, actor, code)
    rules.SEE_PEOPLE.require(actor, Place(body.id, actor.entity))
    return body


def from_today(*, years: int) -> dict[str, str]:
    """Return the default days of a form: today, and the end of the year that is `years` later."""
    today = clock.now().date()
    return {"from_on": today.isoformat(), "until_on": date(today.year + years, 12, 31).isoformat()}


def read_term(wanted: type[Wanted], typed: Mapping[str, object]) -> Entry[Wanted]:
    """Parse a form with two days; an error of both days together is shown at the last one."""
    entry = read(wanted, typed)
    return Entry(entry.typed, entry.made, {name or "until_on": message for name, message in entry.errors.items()})


def not_that_person(entry: Entry[Wanted], reason: Text) -> Entry[Wanted]:
    """Return the form with a reason why this person cannot be chosen."""
    return Entry(entry.typed, None, {"person": reason})


def entity_name(code: str, otherwise: str) -> Text:
    """Return the name of a State, or the name that another member gives itself."""
    return EntityName(code, {"otherwise": otherwise or code})


def person_choices(rows: Iterable[Row[UUID, str, str, str, str]], language: str) -> list[tuple[str, str]]:
    """List people to choose from, each with the name of their State or member."""
    return [(str(row.id), f"{row.name} – {entity_name(row.entity, row.entity_name).into(language)}") for row in rows]


def form_page(
    house: House,
    request: Request,
    template: str,
    *,
    body: Body,
    entry: Entry[Wanted],
    people: Iterable[Row[UUID, str, str, str, str]],
    roles: list[tuple[str, Text]],
) -> Response:
    """Render the form for a person, a role and the days of a term."""
    return house.pages.show(
        request,
        template,
        status=400 if entry.errors else 200,
        body=body,
        typed=entry.typed,
        errors=entry.errors,
        people=person_choices(people, house.pages.language(request)),
        roles=roles,
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
    """Render the form that asks why a term ends."""
    values: Mapping[str, object] = {"action": action, "body": body, "facts_of": facts, "days": days}
    return house.pages.show(
        request,
        "web/people/end.html",
        status=400 if entry.errors else 200,
        reason=entry.typed["reason"],
        error=entry.errors.get("reason"),
        **values,
    )
