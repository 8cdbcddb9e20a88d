"""The focal points of an action line, by unit of ITU, and what is proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import UNIT_OFFICES
from app.domain.line_focal_points import queries
from app.domain.line_focal_points.models import LineFocalPoint
from app.http.labels import ROLE_LABELS


@dataclass(frozen=True, slots=True)
class UnitColumn:
    """A unit of ITU with its focal points of a line: name, and since when."""

    unit: LazyText
    people: Sequence[tuple[str, date]]


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


def describe_term(term: LineFocalPoint, today: date) -> tuple[str, LazyText]:
    """Return the tag that says whether a term is in force."""
    if term.ended_at is not None:
        return "none", _("Ended")
    if term.confirmed_at is None:
        return "warn", _("Proposed, to be confirmed")
    if term.until_on < today:
        return "none", _("Expired")
    return ("info", _("Not yet in force")) if term.from_on > today else ("good", _("In force"))
