"""The people who did what lines of the journal say, as far as an actor may know them.

Known to the secretariat of the body; to their own delegation; and, where they acted as an officer and not as a
delegate, to everybody with a seat in the body.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_

from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.bodies.models import OFFICES_OF_A_BODY, Office
from app.domain.identity.queries import index_person_names

ONLY_OFFICES = f"^({'|'.join(OFFICES_OF_A_BODY)})( ({'|'.join(OFFICES_OF_A_BODY)}))*$"


def may_know_who_acted(actor: Actor, line: JournalLine) -> bool:
    """Return whether the actor may know which person did what a visible line says."""
    capacities = set(line.capacity.split())
    return (
        line.body in actor.bodies_with_role(Office.SECRETARY)
        or (bool(line.entity) and line.entity == actor.entity)
        or (bool(capacities) and capacities.issubset(OFFICES_OF_A_BODY))
    )


def build_known_author_condition(actor: Actor) -> ColumnElement[bool]:
    """Build the condition of `may_know_who_acted` on visible lines."""
    return or_(
        JournalLine.body.in_(actor.bodies_with_role(Office.SECRETARY)),
        and_(JournalLine.entity != "", JournalLine.entity == actor.entity),
        JournalLine.capacity.regexp_match(ONLY_OFFICES),
    )


def index_author_names(session: ReadSession, actor: Actor, lines: Sequence[JournalLine]) -> Mapping[UUID, str]:
    """Return the names of those who acted, by id, as far as the actor may know them."""
    return index_person_names(session, (line.person for line in lines if may_know_who_acted(actor, line)))
