"""Statements that are kept between requests: each reads the clock when it is executed, and belongs to its actor."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import BindParameter, Select, func, select
from sqlalchemy.dialects import postgresql

from app.core.clock import shifted_clock
from app.core.database.kept_statements import build_day_parameter, build_moment_parameter
from app.core.db import build_today_parameter, transaction
from app.core.pending_actions import PendingActionSource
from app.core.permissions import Actor, Seat
from app.domain.bodies.models import Capacity, Office
from app.domain.identity.models.claims import MembershipCategory
from app.domain.meetings.models import Meeting
from app.domain.pending_actions import SOURCES, build_statements
from tests.world import World

BODY = UUID(int=1)
SEATS = frozenset(Seat(role, BODY, "KEN") for role in (*Capacity, *Office))
EVERYTHING = Actor(UUID(int=2), "Somebody", MembershipCategory.MEMBER_STATE, "KEN", SEATS)
LATER = timedelta(days=100)


def read_parameters(statement: Select[*tuple[Any, ...]]) -> Mapping[str, object]:
    """Return what the statement would be executed with now, instants and days in units of some days."""
    values = statement.compile(dialect=postgresql.dialect()).params
    return {name: _round(value) for name, value in values.items()}


def _round(value: object) -> object:
    if isinstance(value, datetime):
        return "instant", round(value.timestamp() / 86_400 / 10)
    return ("day", round(value.toordinal() / 10)) if isinstance(value, date) else value


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kinds[0].name)
def test_a_kept_statement_reads_the_clock_when_it_is_executed(source: PendingActionSource) -> None:
    """One that was built 100 days ago asks for the same as one that is built now."""
    kept = source.select_rows(EVERYTHING)
    with shifted_clock(LATER):
        assert read_parameters(kept) == read_parameters(source.select_rows(EVERYTHING))


def test_who_loses_a_seat_gets_other_statements() -> None:
    """What was built with a seat is not used without it."""
    with_seats, without = EVERYTHING, replace(EVERYTHING, seats=frozenset({Seat(Capacity.DELEGATE, BODY, "KEN")}))
    assert build_statements(with_seats) is build_statements(replace(EVERYTHING))
    kept = {source.kinds for source in build_statements(with_seats)[0]}
    fewer = {source.kinds for source in build_statements(without)[0]}
    assert fewer < kept
    elsewhere = replace(EVERYTHING, seats=frozenset(replace(seat, body=UUID(int=3)) for seat in SEATS))
    moved, original = ([read_parameters(each) for each in build_statements(who)[1]] for who in (elsewhere, with_seats))
    assert moved != original


@pytest.mark.parametrize(
    "parameter",
    [build_moment_parameter(-LATER), build_day_parameter(-LATER), build_today_parameter()],
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
    values = read_parameters(select(now, earlier, later))
    assert values == {each.key: _round(each.effective_value) for each in (now, earlier, later)}
    assert len(set(values.values())) == 3
