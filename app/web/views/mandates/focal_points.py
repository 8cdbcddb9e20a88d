"""The focal points of an action line, by unit of ITU, and what is proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import UNIT_OFFICES, Office
from app.domain.line_focal_points import queries
from app.domain.line_focal_points.models import LineFocalPoint
from app.domain.mandates.queries import list_action_lines
from app.http.labels import ROLE_LABELS
from app.web.views.mandates.words import CitedText, name_action_line


@dataclass(frozen=True, slots=True)
class UnitColumn:
    """A unit of ITU with its focal points of a line: name, and since when."""

    unit: LazyText
    people: Sequence[tuple[str, date]]


@dataclass(frozen=True, slots=True)
class FocalPointsOfLine:
    """An action line with its confirmed name, and its focal points today: name and unit."""

    line: CitedText
    people: Sequence[tuple[str, LazyText]]


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term or a proposal, as secretaries see it."""

    id: UUID
    name: str
    unit: LazyText
    from_on: date
    until_on: date
    tag: tuple[str, LazyText]


def list_line_terms(
    session: ReadSession, actor: Actor, line: str, today: date
) -> tuple[list[UnitColumn], list[TermLine]]:
    """List the units, each with its focal points of an action line today; and what is proposed or has not ended,
    nothing for who may not see it."""
    in_force, open_terms = queries.read_terms_of_line(session, actor, line)
    columns = [
        UnitColumn(ROLE_LABELS[unit], [(person.name, term.from_on) for term, person in in_force if term.unit == unit])
        for unit in UNIT_OFFICES
    ]
    lines = [
        TermLine(term.id, person.name, ROLE_LABELS[term.unit], term.from_on, term.until_on, describe_term(term, today))
        for term, person in open_terms
    ]
    return columns, lines


def list_lines_with_focal_points(session: ReadSession, language: str) -> list[FocalPointsOfLine]:
    """List the action lines, each with its focal points today in the order of the units."""
    people: dict[str, list[tuple[str, str]]] = {}
    for term, person in session.execute(queries.select_in_force(clock.now().date())):
        people.setdefault(term.action_line, []).append((term.unit, person.name))
    return [
        FocalPointsOfLine(
            name_action_line(line, language),
            [
                (name, ROLE_LABELS[unit])
                for unit, name in sorted(
                    people.get(line.code, ()), key=lambda each: UNIT_OFFICES.index(Office(each[0]))
                )
            ],
        )
        for line in list_action_lines(session)
    ]


def describe_term(term: LineFocalPoint, today: date) -> tuple[str, LazyText]:
    """Return the tag that says whether a term is in force."""
    if term.ended_at is not None:
        return "none", _("Ended")
    if term.confirmed_at is None:
        return "warn", _("Proposed, to be confirmed")
    if term.until_on < today:
        return "none", _("Expired")
    return ("info", _("Not yet in force")) if term.from_on > today else ("good", _("In force"))
