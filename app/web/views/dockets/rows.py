"""The rows of the tables of dockets: the life of a thing, then who may act on it, offices before States."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Seat
from app.domain.bodies.models import Office
from app.domain.member_states import EntityName

TextPair = tuple[LazyText | str, LazyText | str]
Objection = Callable[[Actor, Permission[Any]], LazyText | None]
"""Returns why somebody may not do something to the thing of a docket, or None if they may."""
NO_ACTION = _("No action needed")
SOMEBODY = UUID(int=0)
"""A person who has done nothing yet, with whom the table of a docket is asked what an office may do."""


class Actors(StrEnum):
    """Who acts, where the reader cannot: the value is a whole heading, `%(entity)s` the State of the thing."""

    NO_ONE = "nobody"
    ANOTHER_PERSON = "another-person"
    STATE = "state"
    STATE_AND_CHAIR = "state-and-chair"
    CHAIR = "chair"
    SECRETARIAT = "secretariat"
    CHAIR_AND_SECRETARIAT = "chair-and-secretariat"
    DELEGATIONS = "delegations"
    MEMBER_STATES = "member-states"


ACTOR_HEADINGS: dict[Actors, LazyText] = {
    Actors.NO_ONE: _("Action"),
    Actors.ANOTHER_PERSON: _("Action for another person"),
    Actors.STATE: _("Action for %(entity)s"),
    Actors.STATE_AND_CHAIR: _("Action for %(entity)s and the chair"),
    Actors.CHAIR: _("Action for the chair"),
    Actors.SECRETARIAT: _("Action for the secretariat"),
    Actors.CHAIR_AND_SECRETARIAT: _("Action for the chair and the secretariat"),
    Actors.DELEGATIONS: _("Action for the delegations"),
    Actors.MEMBER_STATES: _("Action for the Member States of the group"),
}
YOUR_ACTION = _("Action for you")
ACTION_FOR_YOUR_STATE = _("Action for you, on behalf of %(entity)s")


@dataclass(frozen=True, slots=True)
class DocketRow:
    """A row of a table: in `life`, a reader with `permission` is asked for `request`; `on_behalf` of their State.

    Without a permission it is the row of all other readers, and names the `actors`; so does that of a reader who may
    only wait for another person. Without a request, the caller has one. `then` is what follows.
    """

    life: str
    permission: Permission[Any] | None
    request: LazyText | TextPair | None
    then: LazyText
    on_behalf: bool = False
    actors: Actors = Actors.NO_ONE


@dataclass(frozen=True, slots=True)
class Docket:
    """A docket: its heading, which says who acts; what is asked, by when, and what follows. `row` is from where it is;
    it is `quiet` if no one has to act."""

    row: DocketRow
    heading: LazyText
    asked: LazyText | TextPair
    by: TextPair | None
    then: LazyText
    quiet: bool


def build_docket(
    table: Sequence[DocketRow],
    life: str,
    actor: Actor,
    body: UUID,
    objection_to: Objection,
    *,
    reader: LazyText | None = None,
    entity: LazyText | None = None,
    request: LazyText | TextPair | None = None,
    by: TextPair | None = None,
) -> Docket:
    """Build the docket of the first row that fits the life of a thing of the body and what the actor may do.

    `reader` is the name of the entity that the actor acts for, if it is not that of its code; `entity` that of the
    thing; `request` replaces that of the row.
    """
    rows = [row for row in table if row.life == life]
    row = next(row for row in rows if row.permission is None or objection_to(actor, row.permission) is None)
    asked = request or row.request or NO_ACTION
    actors, is_quiet = row.actors, row.permission is None and row.actors is Actors.NO_ONE
    asking = next((each.permission for each in rows if each.request is row.request), None)
    if row.permission is None and asking:
        actors = _find_actors(row.actors, body, asking, objection_to)
        if _is_allowed_to_others(actor, body, asking, objection_to):
            actors = Actors.ANOTHER_PERSON
            asked = (asked, objection_to(actor, asking) or "") if not isinstance(asked, tuple) else asked
    heading = _format_heading(row, actors, reader or EntityName(actor.entity), entity)
    return Docket(row, heading, asked, by, row.then, is_quiet)


def _find_actors(actors: Actors, body: UUID, asking: Permission[Any], objection_to: Objection) -> Actors:
    """Find who acts: of the chair and the secretariat the one that may, if it is one only."""
    if actors is not Actors.CHAIR_AND_SECRETARIAT:
        return actors
    offices = (Office.CHAIR, Actors.CHAIR), (Office.SECRETARY, Actors.SECRETARIAT)
    able = [each for office, each in offices if objection_to(_build_holder({office}, body), asking) is None]
    return able[0] if len(able) == 1 else actors


def _is_allowed_to_others(actor: Actor, body: UUID, asking: Permission[Any], objection_to: Objection) -> bool:
    """Return whether somebody else with the actor's offices in the body may do what the actor may not."""
    offices = {seat.role for seat in actor.seats if seat.body == body and seat.role in (*Office,)}
    return objection_to(_build_holder(offices, body), asking) is None


def _build_holder(offices: Iterable[str], body: UUID) -> Actor:
    """Build an actor with these offices in a body who acts for no member and has done nothing."""
    return Actor(SOMEBODY, "", "", "", frozenset(Seat(office, body, "") for office in offices))


def _format_heading(row: DocketRow, actors: Actors, reader: LazyText, entity: LazyText | None) -> LazyText:
    if row.permission is None or row.actors is Actors.ANOTHER_PERSON:
        heading = ACTOR_HEADINGS[actors]
        return replace(heading, values={"entity": entity}) if entity else heading
    return replace(ACTION_FOR_YOUR_STATE, values={"entity": reader}) if row.on_behalf else YOUR_ACTION
