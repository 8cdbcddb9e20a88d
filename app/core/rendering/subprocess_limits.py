"""Runs a task in a process with limits on time, memory, processor and disk, and kills all of it at the end.

The process gets no environment except the one given, no descriptors except the file that it reads and the one that it
answers on, a working folder of its own and, where the system allows it, no network (see
`app.core.inspection.child.confine_process`).
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

SOURCE_ROOT = Path(__file__).resolve().parents[3]
START_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from app.core.rendering.child import main; main(*sys.argv[2:])"
)
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """Limits of one process, in seconds and bytes; `max_file_bytes` is the longest file that it may write."""

    seconds: float = 60
    cpu_seconds: int = 50
    memory: int = 1024 * MIB
    max_file_bytes: int = 64 * MIB
    descriptors: int = 32


@dataclass(frozen=True, slots=True)
class ProcessTask:
    """What the process does (a name that `child` knows), with its arguments and environment, and its working folder."""

    name: str
    folder: Path
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class RenderingError(Exception):
    """The process failed or exceeded its limits."""


def run_in_limited_process(task: ProcessTask, source: Path, limits: ProcessLimits) -> bytes:
    """Run a task on the file `source` and return its answer. Raises RenderingError; no process remains in any case."""
    start = (
        sys.executable,
        "-I",
        "-B",
        "-X",
        "utf8",
        "-c",
        START_CODE,
        str(SOURCE_ROOT),
        json.dumps(asdict(limits)),
        task.name,
    )
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
            raise RenderingError(f"{task.name} took longer than {limits.seconds} seconds") from None
        finally:
            _kill_group(process)
        if code != 0:
            raise RenderingError(f"{task.name} ended with {code}")
        answer.seek(0)
        return answer.read(limits.max_file_bytes)


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process and all that it started: they are one process group, since it began a session of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
