"""The rows of the tables of dockets: the life of a thing, then who may act on it, offices before States."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission

TextPair = tuple[LazyText | str, LazyText | str]
NO_ACTION = _("No action needed")


class Actors(StrEnum):
    """Who acts, where the reader cannot: the value is a whole heading, `%(entity)s` the State of the thing."""

    NO_ONE = "nobody"
    STATE = "state"
    STATE_AND_CHAIR = "state-and-chair"
    CHAIR = "chair"
    SECRETARIAT = "secretariat"
    CHAIR_AND_SECRETARIAT = "chair-and-secretariat"
    DELEGATIONS = "delegations"
    MEMBER_STATES = "member-states"


ACTOR_HEADINGS: dict[Actors, LazyText] = {
    Actors.NO_ONE: _("Action"),
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

    Without a permission it is the row of all other readers, and names the `actors`. Without a request, the caller has
    one. `then` is what follows.
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
    allows: Callable[[Permission[Any]], bool],
    *,
    reader: LazyText,
    entity: LazyText | None = None,
    request: LazyText | TextPair | None = None,
    by: TextPair | None = None,
) -> Docket:
    """Build the docket of the first row that fits the life and what the reader may do.

    `reader` is the name of the entity that the reader acts for, `entity` that of the thing; `request` replaces that of
    the row.
    """
    row = next(row for row in table if row.life == life and (row.permission is None or allows(row.permission)))
    is_quiet = row.permission is None and row.actors is Actors.NO_ONE
    return Docket(
        row, _format_heading(row, reader, entity), request or row.request or NO_ACTION, by, row.then, is_quiet
    )


def _format_heading(row: DocketRow, reader: LazyText, entity: LazyText | None) -> LazyText:
    if row.permission is None:
        heading = ACTOR_HEADINGS[row.actors]
        return replace(heading, values={"entity": entity}) if entity else heading
    return replace(ACTION_FOR_YOUR_STATE, values={"entity": reader}) if row.on_behalf else YOUR_ACTION
