"""Parameters that are read from the clock: a statement that was built earlier is of the time of its execution."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import BindParameter, Select, func, select

from app.core import clock
from app.core.database.clock_parameters import build_day_parameter, build_moment_parameter
from app.core.db import transaction
from app.domain.meetings.models import Meeting
from tests.world import World

TODAY = select(build_day_parameter())
LATER = timedelta(days=100)


def test_a_statement_built_earlier_is_of_the_day_on_which_it_is_sent(world: World) -> None:
    for days in (0, 2, 1):
        with clock.shifted_clock(timedelta(days=days)), transaction(world.read) as session:
            assert session.scalar(TODAY) == clock.now().date()
            assert session.scalar(select(build_day_parameter())) == clock.now().date()


@pytest.mark.parametrize(
    "parameter",
    [build_moment_parameter(-LATER), build_day_parameter(-LATER), build_day_parameter()],
    ids=["moment", "day", "today"],
)
def test_a_statement_that_was_compiled_with_a_value_reads_the_clock_with_a_parameter(
    world: World, parameter: BindParameter[Any]
) -> None:
    world.meeting()

    def count_meetings(since: object) -> Select[int]:
        return select(func.count()).select_from(Meeting).where(Meeting.opens_on >= since)

    with transaction(world.read) as session:
        by_value = session.scalar(count_meetings(parameter.effective_value))
        assert by_value
        assert session.scalar(count_meetings(parameter)) == by_value


@pytest.mark.parametrize("build", [build_moment_parameter, build_day_parameter])
def test_what_was_before_and_what_will_be_after_the_same_time_are_two_parameters(build: Callable[..., Any]) -> None:
    now, earlier, later = build(), build(-LATER), build(LATER)
    values = select(now, earlier, later).compile().params
    assert values.keys() == {each.key for each in (now, earlier, later)}
    assert values[earlier.key] < values[now.key] < values[later.key]
