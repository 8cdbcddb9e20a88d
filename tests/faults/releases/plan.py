"""The whole of it: releases under kills in an installation of its own, then the controls."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from app.settings import Settings
from tests.faults.common_steps import Outcome
from tests.faults.releases.clusters import run_two_clusters
from tests.faults.releases.controls import SPARE, run_controls
from tests.faults.releases.preparation import ReleaseSecretariat
from tests.faults.releases.under_kills import ReleaseRun, build_outcomes, choose_strikes


def release_under_kills(folder: Path, settings: Settings, number: int, seed: int) -> Iterator[Outcome]:
    """Release so many outputs in a new installation; an outcome for each, for the end, for the delays, and for each
    control."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    chance = random.Random(seed)
    with run_two_clusters(folder, settings) as clusters:
        secretariat = ReleaseSecretariat(clusters.portal.world, chance)
        outputs = [secretariat.prepare(each) for each in range(1, number + SPARE + 1)]
        strikes = choose_strikes(number, chance)
        run = ReleaseRun(clusters, outputs[:number], secretariat, chance)
        run.carry_out(strikes)
        began = time.monotonic()
        run.finish()
        yield from build_outcomes(run, strikes, time.monotonic() - began)
        yield from run_controls(run, outputs[number:])
