"""Statements that are kept between requests: each reads the clock when it is executed, and belongs to its actor."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql

from app.core.clock import shifted_clock
from app.core.pending_actions import PendingActionSource
from app.core.permissions import Actor, Seat
from app.domain.bodies.models import Capacity, Office
from app.domain.identity.models.claims import MembershipCategory
from app.domain.pending_actions import SOURCES, build_statements

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
