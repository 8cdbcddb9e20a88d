"""Coordinates of charts: in proportion, inside of the drawing, and mirrored for scripts from right to left."""

import re

import pytest

from app.core.charts import BAR_WIDTH, Bar, PlotArea, build_gauge, choose_ticks, place_bars, place_flow, place_seats


def area(*, mirrored: bool = False) -> PlotArea:
    return PlotArea(width=220, height=120, margin=10, first=-10, last=10, maximum=20, mirrored=mirrored)


def test_counts_add_up_in_steps() -> None:
    assert area().trace_steps({-5: 5, 0: 10}, until=5) == "M10.0 110.0H60.0V85.0H110.0V35.0H160.0"


def test_what_came_before_the_area_is_counted_at_its_edge() -> None:
    assert area().trace_steps({-90: 20, 4: 1}, until=0) == "M10.0 110.0H10.0V10.0H110.0"


def test_a_mirrored_curve_has_the_same_heights_and_runs_to_the_left() -> None:
    paths = [area(mirrored=each).trace_steps({-5: 5, 0: 10}, until=5) for each in (False, True)]
    heights = [re.findall(r"V([\d.]+)", path) for path in paths]
    there, mirrored = ([float(x) for x in re.findall(r"H([\d.]+)", path)] for path in paths)

    assert heights[0] == heights[1]
    assert [220 - x for x in mirrored] == there


@pytest.mark.parametrize("maximum", [0, 1, 3, 4, 5, 41, 194, 5_000])
def test_ticks_are_few_and_reach_the_maximum(maximum: int) -> None:
    ticks = choose_ticks(maximum)

    assert 1 <= len(ticks) <= 4
    assert ticks[-1] >= maximum
    assert ticks == [ticks[0] * number for number in range(1, len(ticks) + 1)]


@pytest.mark.parametrize("mirrored", [False, True])
def test_bars_are_in_proportion_and_begin_at_the_edge_where_reading_begins(mirrored: bool) -> None:
    bars = place_bars([4, 2, 0], mirrored=mirrored)

    assert [bar.width for bar in bars] == [BAR_WIDTH, BAR_WIDTH / 2, 0]
    assert {bar.x + bar.width if mirrored else bar.x for bar in bars} == {BAR_WIDTH if mirrored else 0}
    assert place_bars([], mirrored=mirrored) == []
    assert place_bars([0], mirrored=mirrored)[0].width == 0


@pytest.mark.parametrize(
    ("used", "filled", "length", "beyond"),
    [(30, 50, 100, None), (60, 100, 100, None), (90, 66.7, 66.7, Bar(66.7, 33.3)), (0, 0, 100, None)],
)
def test_a_gauge_shows_what_goes_beyond_its_length(used: int, filled: float, length: float, beyond: Bar | None) -> None:
    gauge = build_gauge(used, 60, mirrored=False)

    assert (gauge.used.width, gauge.length.width, gauge.beyond) == (filled, length, beyond)
    mirrored = build_gauge(used, 60, mirrored=True)
    assert mirrored.used.x + mirrored.used.width == BAR_WIDTH


def test_each_seat_has_a_place_of_its_own_inside_of_the_drawing() -> None:
    for mirrored in (False, True):
        plan = place_seats(54, mirrored=mirrored)
        assert len(set(plan.seats)) == 54
        assert all(0 < x < plan.width and 0 < y < plan.height for x, y in plan.seats)
    assert place_seats(0, mirrored=False).height == 0


def test_a_box_of_a_flow_is_in_the_middle_of_what_came_of_it_and_mirrored_for_the_script() -> None:
    children, links = {"a": ["b", "c"], "b": [], "c": []}, [("a", "b"), ("a", "c")]

    plan, mirrored = (place_flow("a", children, links, lines=2, mirrored=each) for each in (False, True))

    assert (plan.width, plan.height, plan.box_height) == (444, 116, 50)
    assert {key: (box.x, box.y) for key, box in plan.boxes.items()} == {"a": (0, 33), "b": (238, 0), "c": (238, 66)}
    assert {key: (box.x, box.y) for key, box in mirrored.boxes.items()} == {"a": (238, 33), "b": (0, 0), "c": (0, 66)}
    assert plan.lines == ["M206 58.0C222.0 58.0 222.0 25.0 238 25.0", "M206 58.0C222.0 58.0 222.0 91.0 238 91.0"]
    assert mirrored.lines[0] == "M238 58.0C222.0 58.0 222.0 25.0 206 25.0"
    for count in (1, 2):
        feet = [plan.place_line(plan.boxes["c"], number, count) for number in range(count)]
        assert feet == sorted(set(feet))
        assert 66 < feet[0] - 13 < feet[-1] < 116, "all lines are inside of the box"
