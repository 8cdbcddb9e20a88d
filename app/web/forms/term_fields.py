"""Terms of accreditations and offices: somebody acts from one day to another. Forms, list lines and ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import Response
from sqlalchemy import Row

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies import rules
from app.domain.bodies.models import Accreditation, Appointment, Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.rules import EntityInBody
from app.http.authentication import EntityName
from app.http.page_context import ReadContext
from app.web.forms.parsing import InputT, ParsedForm

ITU_NAME = _("International Telecommunication Union")
NO_PERSON = UUID(int=0)
"""Placeholder in a grant before its person is chosen."""


@dataclass(frozen=True, slots=True)
class SeatLine:
    """An accreditation or an office in a list."""

    id: UUID
    name: str
    role: LazyText
    from_on: date
    until_on: date
    tag: tuple[str, LazyText]
    because: str | None
    may_end: bool
    may_confirm: bool = False
    sessions_of: UUID | None = None
    """The person, if the reader may end their sessions."""


def describe_term_status(term: Accreditation | Appointment, today: date) -> tuple[str, LazyText]:
    """Return the tag that says whether a term is in force today."""
    if term.ended_at is not None:
        return "none", _("Ended")
    if isinstance(term, Appointment) and term.confirmed_at is None:
        return "warn", _("Proposed, to be confirmed")
    if term.until_on < today:
        return "none", _("Expired")
    return ("info", _("Not yet in force")) if term.from_on > today else ("good", _("In force"))


def get_body_with_visible_people(session: ReadSession, actor: Actor, code: str) -> Body:
    """Load a body whose people the actor may see. Raises NotFound, Forbidden."""
    body = get_visible_body(session, actor, code)
    rules.SEE_PEOPLE.require(actor, EntityInBody(body.id, actor.entity))
    return body


def build_default_term_dates(*, years: int) -> dict[str, str]:
    """Return the default days of a form: today, and the end of the year that is `years` later."""
    today = clock.now().date()
    return {"from_on": today.isoformat(), "until_on": date(today.year + years, 12, 31).isoformat()}


def add_person_error(entry: ParsedForm[InputT], reason: LazyText) -> ParsedForm[InputT]:
    """Return the form with a reason why this person cannot be chosen."""
    return ParsedForm(entry.typed, None, {"person": reason})


def build_entity_name(code: str, own_name: str) -> LazyText:
    """Return the name of a State, or of ITU, in the language of the page; or the name that another member gives
    itself."""
    if own_name == ITU_NAME.message:
        return ITU_NAME
    return EntityName(code, {"otherwise": own_name})


def list_person_choices(rows: Iterable[Row[UUID, str, str, str, str]], language: str) -> list[tuple[str, str]]:
    """List people to choose from, each with the name of their State or member."""
    return [
        (str(row.id), f"{row.name} – {build_entity_name(row.entity, row.entity_name).translate(language)}")
        for row in rows
    ]


def render_term_form(
    context: ReadContext,
    template: str,
    *,
    body: Body,
    entry: ParsedForm[InputT],
    people: Iterable[Row[UUID, str, str, str, str]],
    roles: list[tuple[str, LazyText]],
) -> Response:
    """Render the form for a person, a role and the days of a term."""
    return context.render(
        template,
        status=400 if entry.errors else 200,
        body=body,
        typed=entry.typed,
        errors=entry.errors,
        people=list_person_choices(people, context.language),
        roles=roles,
    )


def render_end_term_form(
    context: ReadContext,
    entry: ParsedForm[ReasonInput],
    *,
    action: str,
    body: Body | None,
    facts: list[tuple[LazyText, LazyText | str]],
    days: tuple[date, date],
) -> Response:
    """Render the form that asks why a term ends."""
    values: Mapping[str, object] = {"action": action, "body": body, "facts_of": facts, "days": days}
    return context.render(
        "web/people/end.html",
        status=400 if entry.errors else 200,
        reason=entry.typed["reason"],
        error=entry.errors.get("reason"),
        **values,
    )
