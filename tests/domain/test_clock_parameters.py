"""Parameters that are read from the clock: a statement that was built earlier is of the time of its execution."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import BindParameter, Select, func, select

from app.core import clock
from app.core.database.clock_parameters import build_day_parameter, build_moment_parameter
from app.core.db import transaction
from app.core.journal import JournalLine
from tests.world import World

TODAY = select(build_day_parameter())
LATER = timedelta(days=100)


def test_a_statement_built_earlier_is_of_the_day_on_which_it_is_sent(world: World) -> None:
    for days in (0, 2, 1):
        with clock.shifted_clock(timedelta(days=days)), transaction(world.read) as session:
            assert session.scalar(TODAY) == clock.now().date()
            assert session.scalar(select(build_day_parameter())) == clock.now().date()


@pytest.mark.parametrize(
    "parameter", [build_moment_parameter(-LATER), build_day_parameter(-LATER)], ids=["moment", "day"]
)
def test_a_statement_that_was_compiled_with_a_value_reads_the_clock_with_a_parameter(
    world: World, parameter: BindParameter[Any]
) -> None:
    world.meeting()

    def count_lines(since: object) -> Select[int]:
        return select(func.count()).select_from(JournalLine).where(JournalLine.at >= since)

    with transaction(world.read) as session:
        by_value = session.scalar(count_lines(parameter.effective_value))
        assert by_value
        assert session.scalar(count_lines(parameter)) == by_value
