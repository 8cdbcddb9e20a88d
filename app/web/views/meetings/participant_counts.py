"""How many States and participants of each administrative region are registered for a meeting, and were there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.queries.bodies import list_member_states
from app.domain.participants.models import Participant
from app.web.views.documents.filters import REGION_LABELS

WITHOUT_REGION, OF_NO_STATE = _("States without a region"), _("Other members, observers and the secretariat")


@dataclass(frozen=True, slots=True)
class RegionCounts:
    """The counts of one region; `states_in_all` is None for those who are of no State."""

    label: LazyText
    states_in_all: int | None
    states: int
    present_states: int
    participants: int
    present: int


def count_by_region(session: ReadSession, participants: Sequence[Participant]) -> list[RegionCounts]:
    """Count by region; then States without a region, and those of no State, if any of them are registered."""
    regions = {row.code: row.region or "" for row in list_member_states(session)}
    counted = [
        _count(label, participants, {code for code, region in regions.items() if region == key})
        for key, label in (*REGION_LABELS.items(), ("", WITHOUT_REGION))
    ]
    others = [each for each in participants if each.entity not in regions]
    of_no_state = RegionCounts(OF_NO_STATE, None, 0, 0, len(others), sum(bool(each.attended) for each in others))
    return [*counted[: len(REGION_LABELS)], *(each for each in (counted[-1], of_no_state) if each.participants)]


def _count(label: LazyText, participants: Sequence[Participant], codes: Collection[str]) -> RegionCounts:
    """Count the participants of these States."""
    mine = [each for each in participants if each.entity in codes]
    present = [each for each in mine if each.attended]
    return RegionCounts(
        label,
        len(codes),
        len({each.entity for each in mine}),
        len({each.entity for each in present}),
        len(mine),
        len(present),
    )
