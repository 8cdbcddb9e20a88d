"""Many clients that hold connections and send little or nothing, through the real nginx, while others work.

`python -m tests.deploy.slow_clients` holds 5,000 of them for half a minute and prints the request rate of the others,
divided by the rate without them (`slow_connections_ratio`), and how long a request head that does not end was kept.
Exit code 1 if one of the others failed.
"""

import resource
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Literal

from tests.deploy.rolling_restart import Street, Work, a_street, at_work, settings
from tests.faults.installation import run_installation

Kind = Literal["idle", "head", "body"]


@dataclass
class Line:
    """One connection. It sends a head that does not end, or a body, a byte a second, or nothing."""

    kind: Kind
    port: int
    since: float = field(default_factory=monotonic)
    wire: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.wire = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        host = f"Host: 127.0.0.1:{self.port}\r\n"
        if self.kind == "head":
            self.wire.sendall(f"GET /healthz HTTP/1.1\r\n{host}X-Slow: ".encode())
        elif self.kind == "body":
            self.wire.sendall(f"POST /uploads HTTP/1.1\r\n{host}Content-Length: 50000\r\n\r\n".encode())
        self.wire.setblocking(False)

    def goes_on(self) -> bool:
        """One byte more; whether the other side still has the line open."""
        try:
            if self.kind != "idle":
                self.wire.send(b"a")
            while self.wire.recv(65536):
                pass
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


@dataclass
class Crowd:
    """So many lines at once; one that is ended is opened again. `borne` are the longest lives by kind, in seconds."""

    port: int
    many: int
    lines: list[Line] = field(default_factory=list)
    ended: int = 0
    borne: dict[Kind, float] = field(default_factory=dict)
    is_over: bool = False

    def open(self) -> None:
        for number in range(self.many):
            kind: Kind = "body" if number % 10 == 0 else "head" if number % 2 else "idle"
            self.lines.append(Line(kind, self.port))

    def go_on(self) -> None:
        while not self.is_over:
            begun = monotonic()
            for number, line in enumerate(self.lines):
                if not line.goes_on():
                    self._again(number, line)
            sleep(max(0.0, 1 - (monotonic() - begun)))

    def _again(self, number: int, line: Line) -> None:
        line.wire.close()
        self.ended += 1
        self.borne[line.kind] = max(self.borne.get(line.kind, 0), monotonic() - line.since)
        with suppress(OSError):  # tried again in a second
            self.lines[number] = Line(line.kind, self.port)


@contextmanager
def a_crowd(port: int, many: int) -> Iterator[Crowd]:
    """All lines are open when this begins."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(port, many)
    crowd.open()
    thread = threading.Thread(target=crowd.go_on, daemon=True)
    thread.start()
    try:
        yield crowd
    finally:
        crowd.is_over = True
        thread.join(30)
        for line in crowd.lines:
            line.wire.close()


def rate(work: Work, seconds: float) -> float:
    """Answers a second, from now on for so long."""
    begun, before = monotonic(), work.requests
    sleep(seconds)
    return (work.requests - before) / (monotonic() - begun)


def with_and_without(street: Street, many: int, *, people: int, seconds: float) -> tuple[float, float, Work, Crowd]:
    """The rate of others beside so many slow lines, the rate without, the work that was done, and the crowd."""
    port = int(street.url.rpartition(":")[2])
    with at_work(street, people) as work:
        rate(work, min(3.0, seconds))  # caches are warm
        before = rate(work, seconds / 2)
        with a_crowd(port, many) as crowd:
            beside = rate(work, seconds)
        after = rate(work, seconds / 2)
    return beside, (before + after) / 2, work, crowd


def main(many: int = 5_000, people: int = 6, seconds: float = 30) -> int:
    with TemporaryDirectory(prefix="cwg-slow-") as place, run_installation(Path(place), settings()) as house:
        Path(place).chmod(0o755)
        with a_street(house) as street:
            beside, alone, work, crowd = with_and_without(street, many, people=people, seconds=seconds)
    lives = ", ".join(f"{kind} {life:.0f} s" for kind, life in sorted(crowd.borne.items()))
    print(f"{many} slow connections, {crowd.ended} of them ended and opened again (borne at most: {lives})")
    print(f"others: {beside:.0f} answers/s beside them, {alone:.0f} without; failed: {work.failed or 'none'}")
    print(f"slow_connections_ratio {beside / alone:.2f}")
    return 1 if work.failed else 0


if __name__ == "__main__":
    sys.exit(main())
