"""An application whose clock is set from outside: `python -m tests.faults.stepped_clock FILE pages …`.

FILE holds by how many seconds the clock is ahead, or behind. The portal uses one clock only (`app.core.clock`), so that
is the one that is set; the clock of the machine is not changed.
"""

import runpy
import sys
from datetime import datetime, timedelta
from pathlib import Path

from app.core import clock

_right = clock.now


def set_to(file: Path, seconds: float) -> None:
    """Set by how many seconds the clock is ahead from now on."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(seconds))
    fresh.rename(file)


def stepped(file: Path) -> datetime:
    return _right() + timedelta(seconds=float(file.read_text()))


if __name__ == "__main__":
    place = Path(sys.argv.pop(1))
    clock.now = lambda: stepped(place)
    runpy.run_module("app", run_name="__main__", alter_sys=True)
