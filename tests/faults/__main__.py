"""The long run: every kind of fault in a new installation. `python -m tests.faults` prints a table of runs.

Exit code 1 if anything was lost, if a control that has to lose something lost nothing, or if a kind of fault never
struck. A submission has hundreds of system calls at which a process can be killed: as many of them are tried, in any
order, as fit into `--minutes` (`--long`: all). `--only` names parts; `--seed` repeats a run.

`python -m tests.faults drill` backs up an installation of 10,000 documents and restores it on an empty machine
(`drill.py`).
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.drill import run_drill
from tests.faults.fault_plan import PARTS, every_run, installation_settings
from tests.faults.report import Report


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.part == "drill":
        return _drill(asked.documents)
    report, began = Report(), time.monotonic()
    with TemporaryDirectory(prefix="cwg-faults-") as name:
        Path(name).chmod(0o755)
        for outcome in every_run(Path(name), asked):
            report.add(outcome)
    print(f"\n{report.table}\n")
    print(
        f"{len(report.outcomes)} runs in {(time.monotonic() - began) / 60:.0f} minutes,"
        f" {len(report.bad)} not as they have to be; seed {asked.seed}."
    )
    if report.never_struck:
        print(f"Never struck, so nothing is shown by it: {'; '.join(report.never_struck)}.")
    return 1 if report.bad or report.never_struck else 0


def _drill(documents: int) -> int:
    """Print figures and faults of a restore drill as JSON."""
    done = run_drill(installation_settings(), documents)
    print(json.dumps({**done.figures, "wrong": done.wrong[:50]}, indent=2))
    return 1 if done.wrong else 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("part", nargs="?", choices=("all", "drill"), default="all")
    parser.add_argument("--documents", type=int, default=10_000, help="of the drill")
    parser.add_argument("--minutes", type=float, default=18, help="of the run but for the releases, more or less")
    parser.add_argument("--releases", type=int, default=200, help="that are made while parts are killed")
    parser.add_argument("--long", action="store_true", help="every system call, however long that takes")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser


if __name__ == "__main__":
    sys.exit(main())
