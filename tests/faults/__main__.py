"""The long run: a house of its own dies in every way there is. `python -m tests.faults` prints a table of runs.

Exit code 1 if anything was lost, or if a control that has to lose something lost nothing. `--kills` and `--seed` are
for the run under load, `--calls` for the system calls at which the portal is killed.

`python -m tests.faults drill` copies a house of 10,000 documents and puts it back on an empty machine (`drill.py`).
"""

import json
import random
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from app.settings import Settings
from tests.faults import strokes
from tests.faults.delegation import Delegation
from tests.faults.drill import in_full
from tests.faults.house import House, a_house
from tests.faults.strokes import Outcome
from tests.faults.volume import volume
from tests.world import SIGNER, SIGNING_KEY

SECRET = "faults-0123456789-abcdefghijklmnopqrstuvwxyz"


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.part == "drill":
        return _drill(asked.documents)
    bad, runs, away = [], 0, []
    with TemporaryDirectory(prefix="cwg-faults-") as name:
        Path(name).chmod(0o755)
        for outcome in every_run(Path(name), asked):
            runs += 1
            is_control = outcome.name.startswith("control")
            good = any(each[0] in "12" for each in outcome.wrong) if is_control else not outcome.wrong
            away.append(outcome.seconds)
            said = "lost, as it must be" if is_control and good else "clean" if good else "NOT AS IT HAS TO BE"
            print(f"{outcome.name:<70} {'struck' if outcome.struck else 'not reached':<12} {said}", flush=True)
            if not good:
                bad.append(outcome)
                print(*(f"    {fault}" for fault in outcome.wrong), sep="\n", flush=True)
    print(f"{runs} runs, {len(bad)} not as they have to be; away for {max(away, default=0):.1f} s at most.")
    return 1 if bad else 0


def _drill(documents: int) -> int:
    """Figures and faults of a restore drill, as JSON."""
    done = in_full(settings_of_a_house(), documents)
    print(json.dumps({**done.figures, "wrong": done.wrong[:50]}, indent=2))
    return 1 if done.wrong else 0


def settings_of_a_house() -> Settings:
    """Secrets of a house that lives for minutes."""
    return Settings(
        session_secret=SecretStr(SECRET),
        read_session_secret=SecretStr(SECRET[::-1]),
        signing_key=SecretStr(SIGNING_KEY),
        read_public_keys=SIGNER.public.text,
        oidc_issuer="http://127.0.0.1:9/provider",
        oidc_client_id="portal",
    )


def every_run(folder: Path, asked: Namespace) -> Iterator[Outcome]:
    """Each kind of fault, in a house that goes on from one to the next."""
    with volume(folder) as mount, a_house(folder, settings_of_a_house(), store=mount and mount / "store") as house:
        strokes.open_portal(house)
        house.begin("worker", "work")
        meeting, told = house.world.meeting(), folder / "told"
        amina = Delegation.of(house, meeting, told)
        if strokes.STRACE:
            yield from strokes.every_call(house, amina, tuple(asked.calls))
            for number in range(1, 12):
                outcome = strokes.failing_sync(house, amina, number)
                yield outcome
                if not outcome.struck:
                    break
        else:
            print("strace is not installed: no kills at system calls, no failing sync", flush=True)
        yield strokes.lost_answer(house, amina, "A paper whose answer was lost")
        yield strokes.hanging_database(house, amina, "A paper before a database that hangs")
        yield from _databases(house, amina, asked)
        crowd = [Delegation.of(house, meeting, told, who) for who in ("amina", "rafael", "haruka")]
        yield strokes.under_load(house, crowd, asked.kills, asked.seed)
        if mount:
            yield strokes.full_disk(house, amina, mount)
            for _ in range(asked.cuts):
                house.kill("worker")
                yield strokes.power_cut(house, amina, mount, syncs=True)
                house.begin("worker", "work")
        else:
            print("no file system can be mounted here: no full disk, no power cut", flush=True)
        yield from _controls(house, mount)
        house.end()


def _databases(house: House, amina: Delegation, asked: Namespace) -> Iterator[Outcome]:
    luck = random.Random(asked.seed)
    for number in range(asked.databases):
        yield strokes.killed_database(house, amina, f"A paper and a database {number}", luck.uniform(0.0, 0.6))


def _controls(house: House, mount: Path | None) -> Iterator[Outcome]:
    """Last, as each leaves a house that lacks something; each is asked about what it told itself."""
    meeting = house.world.meeting(number=23)

    def another(name: str) -> Delegation:
        return Delegation.of(house, meeting, house.folder / name)

    if "worker" in house.running:
        house.kill("worker")
    yield strokes.careless_database(house, another("told-early"), "A paper that is acknowledged too early")
    if mount and strokes.STRACE:
        yield strokes.power_cut(house, another("told-unsynced"), mount, syncs=False)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("part", nargs="?", choices=("all", "drill"), default="all")
    parser.add_argument("--documents", type=int, default=10_000, help="of the drill")
    parser.add_argument("--calls", nargs="*", default=strokes.CALLS)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--databases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser


if __name__ == "__main__":
    sys.exit(main())
