"""The register is gapless and loses nothing, whatever becomes of those who register."""

import random
from pathlib import Path

from app.settings import Settings
from tests.faults.registrations import carried_out, orders_for, submitted, wrong
from tests.world import World

MANY = 40  # in full: python -m tests.faults.registrations


def test_numbers_stay_whole_when_registrations_are_given_up_and_processes_killed(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    submitted(world, MANY)
    seed = random.SystemRandom().randrange(10**6)

    told = carried_out(orders_for(settings, world, tmp_path), of=MANY, secretaries=6, kills=4, seed=seed)

    assert wrong(settings, told, MANY) == [], f"with seed {seed}"
    assert len(told.killed) == 4
    assert told.aborted > 0
