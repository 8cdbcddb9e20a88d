"""Client of the virus scanner ClamAV (clamd(8), INSTREAM). The daemon may be down, slow or absent.

Written by hand, since the daemon is mostly reached over a Unix socket, which the client library does not support.
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

CHUNK_SIZE = 256 * 1024
SCAN_TIMEOUT = 30.0  # seconds that an upload waits for the scanner; after that it goes on unscanned
MAX_ANSWER_BYTES = 4096
FOUND_PATTERN = re.compile(r"(?:stream|instream\(.*\)): (.{1,200}) FOUND$", re.IGNORECASE)


class ScanState(StrEnum):
    """Scan state of a file."""

    CLEAN = "clean"
    WAITING = "waiting"
    INFECTED = "infected"


@dataclass(frozen=True, slots=True)
class ScanVerdict:
    """Answer of the scanner; `detail` is the name of the virus, or why there is no answer."""

    state: ScanState
    detail: str = ""


class VirusScanner:
    """The daemon at `host:port` or at the path of a Unix socket."""

    def __init__(self, address: str) -> None:
        self.address = address

    def scan_file(self, path: Path, timeout: float = SCAN_TIMEOUT) -> ScanVerdict:
        """Scan a file and return the verdict within `timeout` seconds. A failure of the scanner is not raised: the
        file counts as not scanned."""
        deadline = time.monotonic() + timeout
        try:
            with self._connect(timeout) as connection, path.open("rb") as file:
                connection.sendall(b"zINSTREAM\0")
                while chunk := file.read(CHUNK_SIZE):
                    connection.settimeout(_seconds_left(deadline))
                    connection.sendall(struct.pack("!L", len(chunk)) + chunk)
                connection.sendall(struct.pack("!L", 0))
                answer = _receive_answer(connection, deadline)
        except OSError as error:
            answer = f"no answer ({type(error).__name__})"
        verdict = _parse_answer(answer)
        if verdict.state is ScanState.WAITING:
            log.warning("the virus scanner did not check a file", answer=verdict.detail)
        return verdict

    def signatures_date(self, timeout: float = SCAN_TIMEOUT) -> datetime | None:
        """Return the date of the scanner's signatures; None if it does not answer (clamd(8), VERSION)."""
        try:
            with self._connect(timeout) as connection:
                connection.sendall(b"zVERSION\0")
                fields = _receive_answer(connection, time.monotonic() + timeout).split("/")
                date = _parse_ctime(fields[2]) if len(fields) == 3 else None
        except (OSError, ValueError):
            return None
        return date

    def _connect(self, patience: float) -> socket.socket:
        """Open a connection to the daemon."""
        host, colon, port = self.address.rpartition(":")
        if colon and port.isdigit():
            return socket.create_connection((host.strip("[]"), int(port)), patience)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(patience)
        try:
            connection.connect(self.address)
        except BaseException:
            connection.close()
            raise
        return connection


def _parse_ctime(text: str) -> datetime:
    """Parse a ctime(3) text as UTC; the scanner's zone is unknown, but only an age in days is needed."""
    return datetime.strptime(" ".join(text.split()), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)


def _seconds_left(deadline: float) -> float:
    """Return the seconds until the deadline. Raises TimeoutError once it has passed."""
    if (seconds := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return seconds


def _receive_answer(connection: socket.socket, deadline: float) -> str:
    """Read one answer, which ends with a null byte."""
    received = b""
    while b"\0" not in received and len(received) < MAX_ANSWER_BYTES:
        connection.settimeout(_seconds_left(deadline))
        if not (block := connection.recv(MAX_ANSWER_BYTES)):
            break
        received += block
    return received.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _parse_answer(answer: str) -> ScanVerdict:
    """Parse an answer: `stream: OK` or `stream: NAME FOUND`; anything else, such as a file beyond StreamMaxLength,
    is no scan."""
    if answer == "stream: OK":
        return ScanVerdict(ScanState.CLEAN)
    if match := FOUND_PATTERN.match(answer):
        return ScanVerdict(ScanState.INFECTED, match[1])
    return ScanVerdict(ScanState.WAITING, answer[:200])
