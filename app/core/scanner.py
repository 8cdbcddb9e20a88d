"""The virus scanner: ClamAV's daemon, asked over its own protocol (clamd(8), INSTREAM). It may be down, slow or absent.

Written by hand, forty lines: the daemon is mostly reached by a Unix socket, which the client library cannot open.
"""

import re
import socket
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

PIECE = 256 * 1024
PATIENCE = 30.0  # seconds that an upload waits for the scanner; after that it goes on, unchecked
LONGEST_ANSWER = 4096
FOUND = re.compile(r"(?:stream|instream\(.*\)): (.{1,200}) FOUND$", re.IGNORECASE)


class State(StrEnum):
    """What is known of a file."""

    CLEAN = "clean"
    WAITING = "waiting"
    INFECTED = "infected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scanner said; `what` names what it found, or says why it did not answer."""

    state: State
    what: str = ""


class Scanner:
    """The daemon at `host:port`, or at the path of a Unix socket."""

    def __init__(self, address: str) -> None:
        self.address = address

    def scan(self, path: Path, patience: float = PATIENCE) -> Verdict:
        """Ask about a file. Never raises for what the scanner does: a scanner in trouble has not looked at it."""
        deadline = time.monotonic() + patience
        try:
            with self._connected(patience) as line, path.open("rb") as file:
                line.sendall(b"zINSTREAM\0")
                while piece := file.read(PIECE):
                    line.settimeout(_left(deadline))
                    line.sendall(struct.pack("!L", len(piece)) + piece)
                line.sendall(struct.pack("!L", 0))
                answer = _answer(line, deadline)
        except OSError as trouble:
            answer = f"no answer ({type(trouble).__name__})"
        verdict = _read(answer)
        if verdict.state is State.WAITING:
            log.warning("the virus scanner did not check a file", answer=verdict.what)
        return verdict

    def signatures_made(self, patience: float = PATIENCE) -> datetime | None:
        """When the signatures that it knows were made; None if it does not say (clamd(8), VERSION)."""
        try:
            with self._connected(patience) as line:
                line.sendall(b"zVERSION\0")
                said = _answer(line, time.monotonic() + patience).split("/")
                made = _read_ctime(said[2]) if len(said) == 3 else None
        except (OSError, ValueError):
            return None
        return made

    def _connected(self, patience: float) -> socket.socket:
        host, colon, port = self.address.rpartition(":")
        if colon and port.isdigit():
            return socket.create_connection((host.strip("[]"), int(port)), patience)
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(patience)
        try:
            line.connect(self.address)
        except BaseException:
            line.close()
            raise
        return line


def _read_ctime(text: str) -> datetime:
    """As ctime(3) writes it, in the zone of the scanner's machine, which is taken for UTC: a day's age is asked for."""
    return datetime.strptime(" ".join(text.split()), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)


def _left(deadline: float) -> float:
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left


def _answer(line: socket.socket, deadline: float) -> str:
    got = b""
    while b"\0" not in got and len(got) < LONGEST_ANSWER:
        line.settimeout(_left(deadline))
        if not (more := line.recv(LONGEST_ANSWER)):
            break
        got += more
    return got.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _read(answer: str) -> Verdict:
    """`stream: OK`, `stream: NAME FOUND`; anything else, such as a file beyond StreamMaxLength, is no check."""
    if answer == "stream: OK":
        return Verdict(State.CLEAN)
    if found := FOUND.match(answer):
        return Verdict(State.INFECTED, found[1])
    return Verdict(State.WAITING, answer[:200])
