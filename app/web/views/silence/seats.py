"""The seats of the Member States in a silence procedure, by region, each with the position of its State: as a drawing
(SVG) and in words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.core.charts import SeatPlan, place_seats
from app.core.i18n import LazyText, text_direction
from app.domain import member_states
from app.domain.bodies.queries.bodies import list_member_states
from app.domain.silence.models import SilencePosition, SilenceProcedure
from app.http.page_context import ReadContext
from app.web.views.documents.filters import NO_REGION_LABEL, REGION_LABELS
from app.web.views.silence.silence import POSITION_GROUP_LABELS, PositionGroup, get_position_group


@dataclass(frozen=True, slots=True)
class PlacedSeat:
    """The seat of a State that took a position, with its centre."""

    name: str
    group: PositionGroup
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class SeatsOfRegion:
    """The seats of a region in the order of the names of the States: those of States that took a position, and the
    centres of the others; `counts` has the number for each group, zero left out."""

    label: LazyText
    counts: Sequence[tuple[LazyText, int]]
    taken: Sequence[PlacedSeat]
    silent: Sequence[tuple[int, int]]
    plan: SeatPlan


def load_seats(
    context: ReadContext, procedure: SilenceProcedure, silence_positions: Iterable[SilencePosition]
) -> list[SeatsOfRegion]:
    """Load the seats of the addressees of a procedure, of which the actor sees all positions."""
    groups = {each.entity: get_position_group(each) for each in silence_positions}
    regions = {state.code: state.region for state in list_member_states(context.session)}
    ordered = member_states.order_by_name(procedure.addressees, context.language)
    labels = [*REGION_LABELS.items(), (None, NO_REGION_LABEL)]
    parts = ((label, [code for code in ordered if regions.get(code) == region]) for region, label in labels)
    return [_build_region(label, codes, groups, context.language) for label, codes in parts if codes]


def _build_region(
    label: LazyText, codes: Sequence[str], groups: dict[str, PositionGroup], language: str
) -> SeatsOfRegion:
    plan = place_seats(len(codes), mirrored=text_direction(language) == "rtl")
    placed = dict(zip(codes, plan.seats, strict=True))
    counted = Counter(groups.get(code, PositionGroup.NONE) for code in codes)
    return SeatsOfRegion(
        label=label,
        counts=[(words, counted[group]) for group, words in POSITION_GROUP_LABELS.items() if counted[group]],
        taken=[
            PlacedSeat(member_states.get_state_name(code, language), groups[code], *placed[code])
            for code in codes
            if code in groups
        ],
        silent=[placed[code] for code in codes if code not in groups],
        plan=plan,
    )
