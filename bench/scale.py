"""Document list and search over a long archive compared with a short one, on the wire.

There are two installations, each with a database and a portal of its own. Requests go to one and to the other, so that
whatever else the machine does slows both.
"""

import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from app.demo.children import ProcessSpec, run_processes
from app.settings import Settings
from bench.documents import QUESTIONS
from bench.results import Measured
from bench.upload import PORT, portal_environment

SHORT, LONG = 1_000, 100_000
ROUNDS = 5
LISTS, SEARCHES = 60, 270  # requests of one round to each
WARM_UP = 20
PORTS = PORT + 10, PORT + 11
HEADERS = {"Accept-Language": "en"}


class Portal:
    """A portal with one of the archives, asked by a delegate who is signed in."""

    def __init__(self, settings: Settings, secret: str, length: int, port: int) -> None:
        self.length, self._port = length, port
        url = f"http://127.0.0.1:{port}"
        self.spec = ProcessSpec(
            f"portal-{length}",
            ("-m", "app", "pages", "--port", str(port)),
            portal_environment(settings, url),
            f"{url}/readyz",
        )
        self._headers = HEADERS | {"Cookie": f"cwg_portal={secret}"}

    def time_request(self, path: str) -> float:
        """Return the milliseconds of a request on a connection of its own: the portal closes one that waits for the
        other portal too long. Raises RuntimeError for anything but a page."""
        start = time.perf_counter()
        line = HTTPConnection("127.0.0.1", self._port)
        line.request("GET", path, headers=self._headers)
        answer = line.getresponse()
        words = answer.read()
        line.close()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {words[:300]!r}")
        return (time.perf_counter() - start) * 1000


def measure(short: Portal, long: Portal, folder: Path) -> Iterator[Measured]:
    """Measure the list, then the search."""
    with run_processes([short.spec, long.spec], folder / "logs"):
        rounds = time_rounds(short, long, ["/documents"], LISTS)
        yield (
            "list_100000_ratio",
            [median(longer) / median(shorter) for shorter, longer in rounds],
            "",
            f"median time of GET /documents as a delegate; {tell_times(rounds, short, long)}",
        )
        searches = [f"/search?{urlencode({'q': each})}" for each in QUESTIONS]
        rounds = time_rounds(short, long, searches, SEARCHES)
        yield (
            "search_p99_ratio",
            [p99_of(longer) / p99_of(shorter) for shorter, longer in rounds],
            "",
            f"99th percentile of GET /search, {len(QUESTIONS)} queries in rotation; {tell_times(rounds, short, long)}",
        )


def time_rounds(
    short: Portal, long: Portal, paths: Sequence[str], requests: int
) -> Sequence[tuple[list[float], list[float]]]:
    """Return the milliseconds of the requests of each round: with the short archive, and with the long one."""
    for number in range(max(WARM_UP, len(paths))):
        for portal in (short, long):
            portal.time_request(paths[number % len(paths)])
    rounds = []
    for _ in range(ROUNDS):
        in_rotation = [paths[number % len(paths)] for number in range(requests)]
        pairs = [(short.time_request(path), long.time_request(path)) for path in in_rotation]
        rounds.append(([shorter for shorter, _ in pairs], [longer for _, longer in pairs]))
    return rounds


def tell_times(rounds: Sequence[tuple[list[float], list[float]]], short: Portal, long: Portal) -> str:
    """Tell the times with both archives."""
    shorter, longer = ([each for times in part for each in times] for part in zip(*rounds, strict=True))
    return " against ".join(
        f"{median(times):.1f} ms (p99 {p99_of(times):.1f} ms) of {portal.length:,} documents"
        for portal, times in ((long, longer), (short, shorter))
    )


def p99_of(times: Sequence[float]) -> float:
    """Return the 99th percentile."""
    return sorted(times)[int(len(times) * 0.99)]
