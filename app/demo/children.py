"""The processes of the demo: started in order, waited for, watched, and stopped in order."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app.housing import ROOT

PATIENCE_TO_START = 90.0
PATIENCE_TO_STOP = 15.0
LAST_LINES = 15


class Died(RuntimeError):  # noqa: N818 - what it did
    """One of the processes ended by itself; the message says which, and ends with its last lines."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to be: `ready` is an address that answers 200 once it is up; empty: it answers nobody."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    ready: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """A process that was started, and where it writes."""

    child: Child
    process: "subprocess.Popen[bytes]"
    log: Path

    def insist(self) -> None:
        """Raise Died if it is no more."""
        code = self.process.poll()
        if code is not None:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
            raise Died("\n".join([f"{self.child.name} ended with {code}. The end of {self.log}:", *lines]))


@contextmanager
def running(children: Sequence[Child], logs: Path) -> Iterator[list[Running]]:
    """Start them, wait until each is ready, and stop them at the end, the first one first. Raises Died."""
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    started: list[Running] = []
    try:
        for child in children:
            started.append(_start(child, logs / f"{child.name}.log"))
        limit = time.monotonic() + PATIENCE_TO_START
        with httpx2.Client(trust_env=False, timeout=5) as http:
            for each in started:
                _await(each, http, limit)
        yield started
    finally:
        _stop(started)


def _start(child: Child, log: Path) -> Running:
    """In a session of its own: a Ctrl-C in the terminal is for us, and we then stop all in order."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *child.arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=dict(child.environment),
            start_new_session=True,
        )
    return Running(child, process, log)


def _await(each: Running, http: httpx2.Client, limit: float) -> None:
    while True:
        each.insist()
        if not each.child.ready or _answers(http, each.child.ready):
            return
        if time.monotonic() > limit:
            raise Died(f"{each.child.name} does not answer at {each.child.ready}; see {each.log}")
        time.sleep(0.1)


def _answers(http: httpx2.Client, address: str) -> bool:
    try:
        return http.get(address).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


def watch(started: Sequence[Running]) -> None:
    """Return never; raise Died when one of them ends."""
    while True:
        for each in started:
            each.insist()
        time.sleep(0.2)


def _stop(started: Sequence[Running]) -> None:
    limit = time.monotonic() + PATIENCE_TO_STOP
    for each in started:
        each.process.terminate()
    for each in started:
        try:
            each.process.wait(max(0.1, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            each.process.kill()
            each.process.wait()
