"""Measures how tasks are isolated: a process that gave up what a task gives up tries what it must not be able to do."""

import ctypes
import errno
import json
import os
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.file_service.confinement import CAPABILITY_VERSION, TaskRights, confine_process
from app.core.file_service.limits import TaskLimits
from app.core.file_service.messages import IsolationPart
from app.core.file_service.task_process import fork_process, write_all

PARTS: Final = ("network", "files", "processes", "privileges")
PROBE_SECONDS: Final = 10
PROBE_SOCKET: Final = "probe.socket"
MAX_ANSWER_BYTES: Final = 65536
PR_GET_NO_NEW_PRIVS: Final = 39
FIRST_FREE_DESCRIPTOR: Final = 3
"""After those of input, output and errors."""
NO_REFUSALS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Errors (errno(3)) that come from what this process has, not from what it may do."""
PROBE_LIMITS: Final = TaskLimits(seconds=PROBE_SECONDS, cpu_seconds=PROBE_SECONDS)


@dataclass(frozen=True, slots=True)
class ProbeTargets:
    """What a confined process must not reach: a file and a folder of the service, sockets, and the service itself."""

    file: Path
    folder: Path
    tcp: tuple[str, int]
    path: str
    abstract: str
    process: int


@contextmanager
def open_probe_targets(folder: Path) -> Iterator[ProbeTargets]:
    """Context manager: make what is to be tried."""
    with ExitStack() as stack:
        file = folder / "probe"
        file.write_text("not to be read", encoding="ascii")
        stack.callback(file.unlink)
        abstract = f"\0cwg-files-{os.getpid()}"
        families = (socket.AF_INET, socket.AF_UNIX, socket.AF_UNIX)
        listeners = [stack.enter_context(socket.socket(family)) for family in families]
        with suppress(OSError):  # a container without any network has no address either
            listeners[0].bind(("127.0.0.1", 0))
            listeners[0].listen()
        # Named from its folder, as the whole path may be longer than an address of a socket.
        stack.callback(os.chdir, Path.cwd())
        os.chdir(folder)
        for listener, address in zip(listeners[1:], (abstract, PROBE_SOCKET), strict=True):
            listener.bind(address)
            listener.listen()
        stack.callback((folder / PROBE_SOCKET).unlink)
        yield ProbeTargets(file, folder, listeners[0].getsockname(), PROBE_SOCKET, abstract, os.getpid())


def measure_isolation(folder: Path, base_memory: int, program: Path | None) -> dict[str, IsolationPart]:
    """Measure the isolation of tasks that read a file and of one that runs a program; a part is obtained if it is
    for both. `folder` is a folder of the service."""
    with open_probe_targets(folder) as targets:
        measured = [measure_rights(targets, base_memory, runs) for runs in (None, program or Path("/bin/sh"))]
    return {
        part: IsolationPart(
            all(obtained[part] for obtained, _ in measured),
            tuple(name for name in measured[0][1][part] if all(name in each[part] for _, each in measured)),
        )
        for part in PARTS
    }


def measure_rights(
    targets: ProbeTargets, base_memory: int, program: Path | None
) -> tuple[dict[str, bool], dict[str, list[str]]]:
    """Fork a process that gives up its rights and tries; return what it lost, and the mechanisms. Without an answer
    nothing counts as lost."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    process = fork_process(lambda: _try_everything(targets, base_memory, program, writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read(MAX_ANSWER_BYTES)
    os.waitpid(process, 0)
    try:
        obtained, mechanisms = json.loads(text)
    except ValueError:
        return dict.fromkeys(PARTS, False), {part: [] for part in PARTS}
    return obtained, mechanisms


def _try_everything(targets: ProbeTargets, base_memory: int, program: Path | None, answer: int) -> int:
    """Give up the rights of a task and try; write what was lost."""
    os.dup2(answer, FIRST_FREE_DESCRIPTOR)
    os.closerange(FIRST_FREE_DESCRIPTOR + 1, os.sysconf("SC_OPEN_MAX"))  # as a task does
    signal.alarm(PROBE_SECONDS)
    confinement = confine_process(PROBE_LIMITS, TaskRights(program=program), base_memory=base_memory)
    obtained = {
        "network": not any(map(_succeeds, _network_attempts(targets))),
        "files": not any(map(_succeeds, _file_attempts(targets))),
        "processes": not any(map(_succeeds, _process_attempts(targets))),
        "privileges": _has_no_privileges(),
    }
    write_all(FIRST_FREE_DESCRIPTOR, json.dumps([obtained, confinement.list_mechanisms()]).encode())
    return 0


def _succeeds(attempt: Callable[[], object]) -> bool:
    """Tell whether an attempt is not refused. One that fails for want of descriptors or memory was not refused."""
    try:
        attempt()
    except OSError as error:
        return error.errno in NO_REFUSALS
    return True


def _network_attempts(targets: ProbeTargets) -> Iterator[Callable[[], object]]:
    yield lambda: _connect(socket.AF_INET, targets.tcp)
    yield lambda: _connect(socket.AF_UNIX, targets.path)
    yield lambda: _connect(socket.AF_UNIX, targets.abstract)
    yield lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", targets.tcp)


def _file_attempts(targets: ProbeTargets) -> Iterator[Callable[[], object]]:
    yield lambda: os.open(targets.file, os.O_RDONLY)
    yield lambda: os.open(targets.folder / "planted", os.O_WRONLY | os.O_CREAT)
    yield lambda: next(Path("/").iterdir())
    yield lambda: os.open(f"/proc/{targets.process}/environ", os.O_RDONLY)


def _process_attempts(targets: ProbeTargets) -> Iterator[Callable[[], object]]:
    yield lambda: os.kill(targets.process, 0)
    yield lambda: os.open(f"/proc/{targets.process}/status", os.O_RDONLY)


def _connect(family: socket.AddressFamily, address: tuple[str, int] | str) -> None:
    """Connect to an address. Raises OSError."""
    with socket.socket(family) as connection:
        connection.settimeout(1)
        connection.connect(address)


def _has_no_privileges() -> bool:
    """Tell whether this process has no capability and can get none."""
    libc = ctypes.CDLL(None)
    held = ctypes.create_string_buffer(24)
    libc.capget(struct.pack("Ii", CAPABILITY_VERSION, 0), held)
    return libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 and not any(held.raw)
