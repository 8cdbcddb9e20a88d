"""The register has no gaps and loses nothing when registrations are aborted or their processes killed."""

import random
from pathlib import Path

from app.settings import Settings
from tests.faults.registrations import orders_for, run_secretaries, submit_contributions, wrong
from tests.world import World

MANY = 40  # in full: python -m tests.faults.registrations


def test_numbers_have_no_gaps_when_registrations_are_abandoned_and_processes_killed(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    submit_contributions(world, MANY)
    seed = random.SystemRandom().randrange(10**6)

    result = run_secretaries(orders_for(settings, world, tmp_path), of=MANY, secretaries=6, kills=4, seed=seed)

    assert wrong(settings, result, MANY) == [], f"with seed {seed}"
    assert len(result.killed) == 4
    assert result.aborted > 0
