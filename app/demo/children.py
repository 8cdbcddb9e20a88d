"""Processes of the demo: start them in order, wait until they are ready, watch them, and stop them in order."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app.server.database_urls import PROJECT_ROOT

PATIENCE = 15.0  # seconds without an answer, after which it is said which process is being waited for
STOP_TIMEOUT = 15.0  # seconds
LAST_LINES = 15  # of the log, shown when a process has ended


class ProcessEndedError(RuntimeError):
    """A process ended by itself; the message names it and contains the last lines of its log."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process to start. `ready` is a URL that answers 200 once it is ready; empty if it serves no requests."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    ready: str = ""


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A started process and its log file."""

    spec: ProcessSpec
    process: "subprocess.Popen[bytes]"
    log: Path

    def require_running(self) -> None:
        """Raise ProcessEndedError if the process has ended."""
        code = self.process.poll()
        if code is not None:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
            raise ProcessEndedError("\n".join([f"{self.spec.name} ended with {code}. The end of {self.log}:", *lines]))


@contextmanager
def run_processes(
    specs: Sequence[ProcessSpec], logs: Path, note_started: Callable[[int], None] = lambda _number: None
) -> Iterator[list[RunningProcess]]:
    """Start processes, wait until all are ready, and stop them at the end in the same order.

    The number of each is noted once it is started.

    Raises ProcessEndedError if one ends. There is no limit of time: a slow machine is no failure.
    """
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    started: list[RunningProcess] = []
    try:
        for child in specs:
            started.append(_start(child, logs / f"{child.name}.log"))
            note_started(started[-1].process.pid)
        with httpx2.Client(trust_env=False, timeout=5) as http:
            for process in started:
                _wait_until_ready(process, http)
        yield started
    finally:
        _stop(started)


def _start(child: ProcessSpec, log: Path) -> RunningProcess:
    """Start a process in a session of its own, so that Ctrl-C reaches only this process, which stops all in order."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *child.arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=PROJECT_ROOT,
            env=dict(child.environment),
            start_new_session=True,
        )
    return RunningProcess(child, process, log)


def _wait_until_ready(process: RunningProcess, http: httpx2.Client) -> None:
    """Wait until a process is ready, and say from time to time that it is slow. Raises ProcessEndedError if it ends."""
    began, said = time.monotonic(), 0
    while True:
        process.require_running()
        if not process.spec.ready or _answers(http, process.spec.ready):
            return
        if (passed := time.monotonic() - began) > PATIENCE * (said + 1):
            said += 1
            print(f"Still starting after {passed:.0f} seconds: {process.spec.name} (log: {process.log})", flush=True)
        time.sleep(0.1)


def _answers(http: httpx2.Client, address: str) -> bool:
    try:
        return http.get(address).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


def watch_processes(processes: Sequence[RunningProcess]) -> None:
    """Wait forever; raise ProcessEndedError when one of the processes ends."""
    while True:
        for process in processes:
            process.require_running()
        time.sleep(0.2)


def _stop(started: Sequence[RunningProcess]) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT
    for process in started:
        process.process.terminate()
    for process in started:
        try:
            process.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.process.kill()
            process.process.wait()
