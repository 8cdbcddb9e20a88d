"""Seconds of processor time that processes have used, with all that they started (proc(5))."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def used_seconds(pids: Iterable[int]) -> float:
    """Return the seconds that these processes and what they started have used: children that ended are counted in the
    one that waited for them."""
    times, children = {}, dict[int, list[int]]()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended just now
        pid = int(status.parent.name)
        times[pid] = sum(map(int, fields[11:15])) / TICKS
        children.setdefault(int(fields[1]), []).append(pid)
    total, waiting = 0.0, list(pids)
    while waiting:
        pid = waiting.pop()
        total += times.get(pid, 0.0)
        waiting += children.get(pid, [])
    return total
