"""Starts a process that has only so much time, memory, processor and disk, and ends all of it when that is used up.

It gets no environment but what is said, no descriptor but the file it reads and the one it answers on, a folder of its
own to work in, and, where the system lets us, no network (see `app.core.gate.child.confine`).
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

SOURCE = Path(__file__).resolve().parents[3]
START = "import sys; sys.path.insert(0, sys.argv[1]); from app.core.render.child import main; main(*sys.argv[2:])"
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may use; `file` is the longest file that it may write."""

    seconds: float = 60
    cpu_seconds: int = 50
    memory: int = 1024 * MIB
    file: int = 64 * MIB
    descriptors: int = 32


@dataclass(frozen=True, slots=True)
class Task:
    """What the process does (a word that `child` knows), with which arguments and environment, and where."""

    name: str
    folder: Path
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Failed(Exception):  # noqa: N818 - what it did
    """The process fell over, or used up what it had."""


def run(task: Task, source: Path, limits: Limits) -> bytes:
    """What the process wrote as its answer. Raises Failed; in any case nothing of it is left running."""
    start = (sys.executable, "-I", "-B", "-X", "utf8", "-c", START, str(SOURCE), json.dumps(asdict(limits)), task.name)
    with source.open("rb") as file, TemporaryFile() as answer:
        process = subprocess.Popen(
            [*start, *task.arguments],
            stdin=file,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env=dict(task.environment),
            cwd=task.folder,
            close_fds=True,
            start_new_session=True,
        )
        try:
            code = process.wait(limits.seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{task.name} took longer than {limits.seconds} seconds") from None
        finally:
            _end(process)
        if code != 0:
            raise Failed(f"{task.name} ended with {code}")
        answer.seek(0)
        return answer.read(limits.file)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all that it started: they are one group, since it began a session of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
