"""Many clients that hold connections and send little or nothing, through the real nginx, while others send requests.

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

from tests.deploy.rolling_restart import ReplicatedPortal, Workload, run_replicated_portal, run_workload, settings
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
        self.wire = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        host = f"Host: 127.0.0.1:{self.port}\r\n"
        if self.kind == "head":
            self.wire.sendall(f"GET /healthz HTTP/1.1\r\n{host}X-Slow: ".encode())
        elif self.kind == "body":
            self.wire.sendall(f"POST /uploads HTTP/1.1\r\n{host}Content-Length: 50000\r\n\r\n".encode())
        self.wire.setblocking(False)

    def goes_on(self) -> bool:
        """Send one more byte; return whether the other side still has the connection open."""
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
class SlowClients:
    """So many connections at once; a closed one is opened again. `borne` is the longest life by kind, in seconds."""

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
                    self._reopen(number, line)
            sleep(max(0.0, 1 - (monotonic() - begun)))

    def _reopen(self, number: int, line: Line) -> None:
        line.wire.close()
        self.ended += 1
        self.borne[line.kind] = max(self.borne.get(line.kind, 0), monotonic() - line.since)
        with suppress(OSError):  # tried again in a second
            self.lines[number] = Line(line.kind, self.port)


@contextmanager
def run_slow_clients(port: int, many: int) -> Iterator[SlowClients]:
    """Run slow clients until the end of the block; all their connections are open when it begins."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    slow_clients = SlowClients(port, many)
    slow_clients.open()
    thread = threading.Thread(target=slow_clients.go_on, daemon=True)
    thread.start()
    try:
        yield slow_clients
    finally:
        slow_clients.is_over = True
        thread.join(60)
        for line in slow_clients.lines:
            line.wire.close()


def rate(work: Workload, seconds: float) -> float:
    """Measure the answers per second, from now on for so long."""
    begun, before = monotonic(), work.requests
    sleep(seconds)
    return (work.requests - before) / (monotonic() - begun)


def measure_rates(
    portal: ReplicatedPortal, many: int, *, people: int, seconds: float, pause: float = 0.0
) -> tuple[float, float, Workload, SlowClients]:
    """The rate of others with so many slow connections, the rate without, the workload, and the slow clients."""
    port = int(portal.url.rpartition(":")[2])
    with run_workload(portal, people, pause) as work:
        rate(work, min(3.0, seconds))  # caches are warm
        before = rate(work, seconds / 2)
        with run_slow_clients(port, many) as slow_clients:
            loaded = rate(work, seconds)
        after = rate(work, seconds / 2)
    return loaded, (before + after) / 2, work, slow_clients


def main(many: int = 5_000, people: int = 6, seconds: float = 30) -> int:
    with TemporaryDirectory(prefix="cwg-slow-") as place, run_installation(Path(place), settings()) as installation:
        Path(place).chmod(0o755)
        with run_replicated_portal(installation) as portal:
            loaded, alone, work, slow_clients = measure_rates(portal, many, people=people, seconds=seconds)
    lives = ", ".join(f"{kind} {life:.0f} s" for kind, life in sorted(slow_clients.borne.items()))
    print(f"{many} slow connections, {slow_clients.ended} of them ended and opened again (borne at most: {lives})")
    print(f"others: {loaded:.0f} answers/s beside them, {alone:.0f} without; failed: {work.failed or 'none'}")
    print(f"slow_connections_ratio {loaded / alone:.2f}")
    return 1 if work.failed else 0


if __name__ == "__main__":
    sys.exit(main())
