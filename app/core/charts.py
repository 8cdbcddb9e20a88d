"""Geometry of the charts that are drawn on the server: from numbers to coordinates in SVG user units.

It knows no text, no colour and no markup: those are in `templates/parts/charts.html` and `charts.css`. x runs in the
direction of the reader's script: with `mirrored`, from right to left. y counts from the top.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

MAX_TICKS = 4
BAR_WIDTH = 100
"""Width of the longest bar of a list, and of a gauge."""
SEAT_SIZE, SEATS_IN_ROW = 14, 18


@dataclass(frozen=True, slots=True)
class PlotArea:
    """A rectangle in a drawing of `width` x `height`, inside margins, in which counts are plotted over whole numbers
    such as days, from `first` to `last`; `maximum` is the count at its upper edge."""

    width: int
    height: int
    margin: int
    first: int
    last: int
    maximum: int
    mirrored: bool

    def place_x(self, value: float) -> float:
        """Return the x of a value; values outside of the area are at its edge."""
        inside = min(max(value, self.first), self.last)
        along = self.margin + (inside - self.first) / (self.last - self.first) * (self.width - 2 * self.margin)
        return round(self.width - along if self.mirrored else along, 1)

    def place_y(self, count: float) -> float:
        """Return the y of a count."""
        return round(self.height - self.margin - count / self.maximum * (self.height - 2 * self.margin), 1)

    def trace_steps(self, counts: Mapping[int, int], until: int) -> str:
        """Trace how counts add up until a value, as a path of steps; what came before the area is counted at its
        edge."""
        values = sorted(value for value in counts if value <= until)
        totals = accumulate(counts[value] for value in values)
        steps = (f"H{self.place_x(value)}V{self.place_y(total)}" for value, total in zip(values, totals, strict=True))
        return f"M{self.place_x(self.first)} {self.place_y(0)}{''.join(steps)}H{self.place_x(until)}"


def choose_ticks(maximum: int) -> list[int]:
    """Choose round numbers for an axis, at most four, of which the last is not below the maximum."""
    step = next(step for step in _iter_round_numbers() if step * MAX_TICKS >= maximum)
    return [step * number for number in range(1, max(1, -(-maximum // step)) + 1)]


def _iter_round_numbers() -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50, …."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a list of bars, which all begin at the same edge."""

    x: float
    width: float


def place_bars(counts: Sequence[int], *, mirrored: bool) -> list[Bar]:
    """Return a bar for each count; the longest has the full width."""
    widths = [round(BAR_WIDTH * count / max(*counts, 1), 1) for count in counts]
    return [Bar(round(BAR_WIDTH - width, 1) if mirrored else 0, width) for width in widths]


@dataclass(frozen=True, slots=True)
class Gauge:
    """What is used of a length: the part that is used, the length itself, and what goes beyond it, if anything."""

    used: Bar
    length: Bar
    beyond: Bar | None


def build_gauge(used: int, length: int, *, mirrored: bool) -> Gauge:
    """Build the gauge of what is used of a length, in the same unit; the longer one has the full width."""
    unit = BAR_WIDTH / max(used, length, 1)

    def place(begins: float, ends: float) -> Bar:
        return Bar(round(BAR_WIDTH - ends if mirrored else begins, 1), round(ends - begins, 1))

    inside = min(used, length) * unit
    return Gauge(place(0, inside), place(0, length * unit), place(inside, BAR_WIDTH) if used > length else None)


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """Rows of seats: the centre of each seat, and the size of the drawing."""

    seats: Sequence[tuple[int, int]]
    width: int
    height: int


def place_seats(count: int, *, mirrored: bool) -> SeatPlan:
    """Return the centres of so many seats, row by row."""
    width, rows = SEAT_SIZE * SEATS_IN_ROW, -(-count // SEATS_IN_ROW)
    along = [number % SEATS_IN_ROW * SEAT_SIZE + SEAT_SIZE // 2 for number in range(count)]
    seats = [
        (width - x if mirrored else x, number // SEATS_IN_ROW * SEAT_SIZE + SEAT_SIZE // 2)
        for number, x in enumerate(along)
    ]
    return SeatPlan(seats, width, rows * SEAT_SIZE)


FLOW_WIDTH, FLOW_COLUMN_GAP, FLOW_ROW_GAP = 206, 32, 16
FLOW_LINE, FLOW_PADDING = 18, 14
"""Height of a line of text in a box, and of what is above and below all of them."""


@dataclass(frozen=True, slots=True)
class FlowBox:
    """A box of a flow: its upper left corner, and its middle."""

    x: float
    y: float

    @property
    def middle(self) -> float:
        """The x of its middle."""
        return self.x + FLOW_WIDTH / 2


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """Boxes of a tree, by their keys, and the lines from one to what came of it."""

    boxes: Mapping[str, FlowBox]
    lines: Sequence[str]
    width: int
    height: int
    box_height: int
    box_width: int = FLOW_WIDTH

    def place_line(self, box: FlowBox, number: int, count: int) -> float:
        """Return the y of the foot of a line of text, of so many in a box, from 0."""
        return box.y + (self.box_height - FLOW_LINE * count) / 2 + FLOW_LINE * number + 13


def place_flow(
    root: str, children: Mapping[str, Sequence[str]], links: Sequence[tuple[str, str]], *, lines: int, mirrored: bool
) -> FlowPlan:
    """Place a tree of boxes that have room for so many lines of text: a column for each level, in the direction of the
    script, and a row for each box without children; each other box is in the middle of its own. `links` are the lines
    to draw."""
    rows: list[str] = []
    places: dict[str, tuple[int, float]] = {}

    def place(key: str, column: int) -> float:
        places[key] = column, 0
        below = [place(child, column + 1) for child in children.get(key, ())]
        if not below:
            rows.append(key)
        row = (below[0] + below[-1]) / 2 if below else len(rows) - 1
        places[key] = column, row
        return row

    place(root, 0)
    box_height = FLOW_LINE * lines + FLOW_PADDING
    column_step, row_step = FLOW_WIDTH + FLOW_COLUMN_GAP, box_height + FLOW_ROW_GAP
    width = column_step * (max(column for column, _row in places.values()) + 1) - FLOW_COLUMN_GAP
    boxes = {
        key: FlowBox(width - FLOW_WIDTH - column * column_step if mirrored else column * column_step, row * row_step)
        for key, (column, row) in places.items()
    }
    drawn = [_draw_link(boxes[first], boxes[second], box_height, mirrored=mirrored) for first, second in links]
    return FlowPlan(boxes, drawn, width, row_step * len(rows) - FLOW_ROW_GAP, box_height)


def _draw_link(first: FlowBox, second: FlowBox, box_height: int, *, mirrored: bool) -> str:
    """Draw the line from the end of one box to the beginning of another."""
    begins, ends = (first.x, second.x + FLOW_WIDTH) if mirrored else (first.x + FLOW_WIDTH, second.x)
    bend = round((begins + ends) / 2, 1)
    top, bottom = (round(each.y + box_height / 2, 1) for each in (first, second))
    return f"M{begins} {top}C{bend} {top} {bend} {bottom} {ends} {bottom}"
