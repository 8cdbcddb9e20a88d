"""Who hands in one refused file after the other pauses, whichever process refused them."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.errors import TooManyRequests
from app.domain.files import actions, queries
from app.domain.files.models import RecentRefusal
from tests.world import World


def count_refusals(world: World, person: UUID, number: int = 1) -> None:
    """Count refusals, each in a transaction of its own."""
    for _ in range(number):
        with transaction(world.write) as session:
            actions.count_refused_file(session, person)


def add_earlier_refusals(world: World, person: UUID, age: timedelta) -> None:
    """Add as many refusals of that age as make somebody pause."""
    with transaction(world.write) as session:
        refused_at = clock.now() - age
        session.add_all(
            RecentRefusal(person_id=person, refused_at=refused_at) for _ in range(queries.MAX_RECENT_REFUSALS)
        )


def require_none(world: World, person: UUID) -> None:
    with transaction(world.write) as session:
        queries.require_no_pause(session, person)


def test_after_many_refused_files_a_person_pauses_alone(world: World) -> None:
    person, colleague = world.actor("amina").person, world.actor("joseph").person
    count_refusals(world, person, queries.MAX_RECENT_REFUSALS - 1)
    require_none(world, person)
    count_refusals(world, person)

    with pytest.raises(TooManyRequests, match="wait 10 minutes"):
        require_none(world, person)
    require_none(world, colleague)


def test_a_refusal_counts_for_ten_minutes_and_is_then_forgotten(world: World) -> None:
    person, colleague = world.actor("amina").person, world.actor("joseph").person
    add_earlier_refusals(world, person, queries.REFUSAL_WINDOW)

    require_none(world, person)
    count_refusals(world, colleague)
    with transaction(world.write) as session:
        assert session.scalars(select(RecentRefusal.person_id)).all() == [colleague]


def test_who_pauses_may_go_on_when_the_oldest_refusal_counts_no_more(world: World) -> None:
    person = world.actor("amina").person
    add_earlier_refusals(world, person, queries.REFUSAL_WINDOW - timedelta(minutes=2, seconds=30))

    with pytest.raises(TooManyRequests, match="wait 3 minutes"):
        require_none(world, person)
