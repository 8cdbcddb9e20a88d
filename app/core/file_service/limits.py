"""Limits of tasks, and what the container of the service leaves them (cgroups v2)."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024
CGROUP: Final = Path("/sys/fs/cgroup")
RESERVED_MEMORY: Final = 192 * MIB
"""What of the container's memory the service itself keeps."""


@dataclass(frozen=True, slots=True)
class TaskLimits:
    """Limits of one task, in seconds and bytes; `max_file_bytes` is the longest file that it may write."""

    seconds: float = 60
    cpu_seconds: int = 50
    memory: int = 1024 * MIB
    max_file_bytes: int = 64 * MIB
    descriptors: int = 64

    def lower_to(self, other: "TaskLimits") -> "TaskLimits":
        """Return the lower one of each limit."""
        return TaskLimits(
            min(self.seconds, other.seconds),
            min(self.cpu_seconds, other.cpu_seconds),
            min(self.memory, other.memory),
            min(self.max_file_bytes, other.max_file_bytes),
            min(self.descriptors, other.descriptors),
        )


@dataclass(frozen=True, slots=True)
class ContainerLimits:
    """What all tasks together may use: bytes of memory, None if there is no limit, and processors."""

    memory: int | None
    processors: float

    @property
    def slots(self) -> int:
        """How many tasks run at once: two at least, so that no party holds all of them."""
        return max(2, int(self.processors))

    def fit_limits(self, limits: TaskLimits) -> TaskLimits:
        """Return the limits with no more memory than there is."""
        return limits if self.memory is None else replace(limits, memory=min(limits.memory, self.memory))


def read_container_limits(cgroup: Path = CGROUP) -> ContainerLimits:
    """Read the limits of the container; without any, those of the machine's processors.

    In a container the files of its own group are at the root of the mount.
    """
    memory, quota = _read_words(cgroup / "memory.max"), _read_words(cgroup / "cpu.max")
    processors = float(len(os.sched_getaffinity(0)))
    if len(quota) == 2 and quota[0] != "max":
        processors = min(processors, int(quota[0]) / int(quota[1]))
    bound = int(memory[0]) if memory and memory[0] != "max" else None
    return ContainerLimits(None if bound is None else max(bound - RESERVED_MEMORY, bound // 2), processors)


def _read_words(path: Path) -> list[str]:
    """Read the words of a file of the kernel; none if it is not there."""
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []
