"""The Member States that have submitted a contribution to a meeting, and those that have not, by region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain import member_states
from app.domain.meetings.models import Meeting
from app.domain.statistics.queries import list_states
from app.http.page_context import ReadContext

StateChoice = Literal["", "submitted", "not-submitted"]
RegionChoice = Literal["", "A", "B", "C", "D", "E"]


@dataclass(frozen=True, slots=True)
class SubmissionStateLine:
    """A Member State, and whether it submitted or co-sponsors a contribution."""

    code: str
    name: str
    region: str
    is_contributing: bool


@dataclass(frozen=True, slots=True)
class StateListing:
    """The States of a region, or of all, that were chosen; `counts` has the number for each choice."""

    lines: Sequence[SubmissionStateLine]
    region: RegionChoice
    shown: StateChoice
    counts: Mapping[StateChoice, int]


def load_state_listing(
    context: ReadContext, meeting: Meeting, region: RegionChoice = "", shown: StateChoice = ""
) -> StateListing:
    """Load the Member States in the order of their names, in one SQL statement. Raises Forbidden."""
    rows = {row[0]: row for row in list_states(context.session, context.actor, meeting)}
    found = [
        SubmissionStateLine(code, member_states.get_state_name(code, context.language), *rows[code][1:])
        for code in member_states.order_by_name(rows, context.language)
        if region in ("", rows[code][1])
    ]
    chosen: dict[StateChoice, list[SubmissionStateLine]] = {
        "": found,
        "submitted": [line for line in found if line.is_contributing],
        "not-submitted": [line for line in found if not line.is_contributing],
    }
    return StateListing(chosen[shown], region, shown, {choice: len(lines) for choice, lines in chosen.items()})
