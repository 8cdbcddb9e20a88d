"""A condition that is built once is about the day on which its statement is sent."""

from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import build_today_parameter, transaction
from tests.world import World

TODAY = select(build_today_parameter())


def test_a_statement_built_earlier_is_of_the_day_on_which_it_is_sent(world: World) -> None:
    for days in (0, 2, 1):
        with clock.shifted_clock(timedelta(days=days)), transaction(world.read) as session:
            assert session.scalar(TODAY) == clock.now().date()
            assert session.scalar(select(build_today_parameter())) == clock.now().date()
