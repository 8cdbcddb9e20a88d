"""Two portals behind nginx, replaced one after the other under load: no request fails, and none has an effect twice.

`python -m tests.deploy.rolling_restart` runs it in full, with 20,000 requests on a database that syncs. Exit code 1 if
one failed.
"""

import sys
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import httpx2
from sqlalchemy import text

from app.core.db import transaction
from app.http.csrf import create_form_token
from app.settings import Settings
from tests.chunks import piece_headers
from tests.conftest import SECRET
from tests.faults.installation import Installation, answers, run_installation
from tests.http_server import free_port
from tests.nginx_server import run_nginx
from tests.waiting import stop_process, wait_until
from tests.world import PRIVATE_KEYS, PUBLIC_KEY_LISTS, World

PEOPLE = ("amina", "rafael", "haruka", "ines")
NO_ANSWER = 127  # counted as the status where there was no answer


@dataclass
class ReplicatedPortal:
    """nginx, and the two portal servers behind it, which a test can stop and start again."""

    installation: Installation
    url: str
    ports: tuple[int, int]

    def begin(self, number: int) -> None:
        port = str(self.ports[number])
        self.installation.begin(f"portal-{number}", "pages", "--port", port, "--workers", str(1 + number))

    def replace(self, number: int) -> int:
        """Stop one as an operator does, wait for it, start the next version in its place; return its exit code."""
        process = self.installation.running.pop(f"portal-{number}")
        code = stop_process(process, within=120)
        self.begin(number)
        answers(f"http://127.0.0.1:{self.ports[number]}")
        sleep(1.2)  # nginx looks at it again after a second (fail_timeout)
        return code


@contextmanager
def run_replicated_portal(installation: Installation) -> Iterator[ReplicatedPortal]:
    """Run nginx and two servers until the end of the block; both are ready when it begins.

    The first is one process, the second has two that share a socket.
    """
    port, ports = free_port(), (free_port(), free_port())
    folder = installation.folder / "nginx"
    folder.mkdir()
    names = {
        "CWG_PORTAL_HOST": "127.0.0.1",
        "CWG_READ_HOST": "localhost",
        "CWG_PORTAL_AT": f"127.0.0.1:{ports[0]}",
        "CWG_PORTAL_AT_2": f"127.0.0.1:{ports[1]}",
        "CWG_READ_AT": f"127.0.0.1:{ports[0]}",
        "CWG_STORE": installation.folder / "store",
        "CWG_RELEASE_STORE": installation.folder / "release",
    }
    installation.settings = installation.settings.model_copy(
        update={"portal_url": f"http://127.0.0.1:{port}", "demo": False}
    )
    portal = ReplicatedPortal(installation, installation.settings.portal_url, ports)
    for number in range(2):
        portal.begin(number)
    for each in ports:
        answers(f"http://127.0.0.1:{each}")
    with run_nginx(folder, port, **names):
        yield portal


@dataclass
class Workload:
    """The requests of concurrent clients, and how many answers of each kind they got.

    Each client waits `pause` seconds between two requests.
    """

    world: World
    url: str
    body: str
    pause: float = 0.0
    counts: Tally[tuple[str, int]] = field(default_factory=Tally)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_over: bool = False

    @property
    def requests(self) -> int:
        return self.counts.total()

    @property
    def failed(self) -> dict[tuple[str, int], int]:
        """The answers that differ from those without a restart."""
        right = {("read", 200), ("begin", 201), ("discard", 204), ("style", 200)}
        return {each: times for each, times in self.counts.items() if each not in right}

    def run_client(self, who: str) -> None:
        """Send the requests of one client: read a page, begin an upload, discard it."""
        headers = {"Origin": self.url, "Cookie": f"cwg_portal={self.world.sign_in(who)}"}
        headers["X-Form-Token"] = create_form_token(SECRET, self.world.person(who).id)
        with httpx2.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False) as client:
            while not self.is_over:
                self._send("read", client, "GET", "/uploads")
                self._send("style", client, "GET", "/healthz")
                new = {"body": self.body, "name": "one.pdf", "size": "1000"}
                made = self._send("begin", client, "POST", "/uploads", params=new, headers=piece_headers(b""))
                if made and made.status_code == 201:
                    self._send("discard", client, "DELETE", made.headers["Location"])

    def _send(self, what: str, client: httpx2.Client, method: str, path: str, **given: Any) -> httpx2.Response | None:
        answer = None
        with suppress(httpx2.HTTPError):
            answer = client.request(method, path, **given)
        with self.lock:
            self.counts[what, answer.status_code if answer else NO_ANSWER] += 1
        sleep(self.pause)
        return answer


@contextmanager
def run_workload(portal: ReplicatedPortal, people: int, pause: float = 0.0) -> Iterator[Workload]:
    """Run so many clients at once, until the end of the block."""
    world = portal.installation.world
    work = Workload(world, portal.url, str(world.body().id), pause)
    who = [PEOPLE[number % len(PEOPLE)] for number in range(people)]
    threads = [threading.Thread(target=work.run_client, args=(each,), daemon=True) for each in who]
    for thread in threads:
        thread.start()
    try:
        yield work
    finally:
        work.is_over = True
        for thread in threads:
            thread.join(90)  # longer than one request may take
        if any(thread.is_alive() for thread in threads):
            raise TimeoutError("somebody waits for an answer")


def count_leftover_uploads(world: World) -> int:
    """Count the uploads that no client discarded: each was begun twice, or its answer was lost."""
    with transaction(world.work) as session:  # only the worker counts those of all
        return session.scalar(text("SELECT count(*) FROM portal.upload"))


def main(requests: int = 20_000, people: int = 12) -> int:
    with TemporaryDirectory(prefix="cwg-rolling-") as place, run_installation(Path(place), settings()) as installation:
        Path(place).chmod(0o755)
        with run_replicated_portal(installation) as portal, run_workload(portal, people) as work:
            began, replaced = monotonic(), 0
            while work.requests < requests:
                aim = work.requests + requests // 8
                if portal.replace(replaced % 2):
                    raise RuntimeError("a door did not end well")
                replaced += 1
                wait_until(lambda aim=aim: work.requests >= min(aim, requests), "nobody is answered", within=600)
        leftover = count_leftover_uploads(installation.world)
        print(
            f"{work.requests} requests in {monotonic() - began:.0f} s while doors were replaced {replaced} times:"
            f" {sum(work.failed.values())} failed {work.failed or ''}, {leftover} done unasked"
        )
    return 1 if work.failed or leftover else 0


def settings() -> Settings:
    return Settings(
        session_secret=SECRET,
        read_session_secret=SECRET[::-1],
        **PRIVATE_KEYS,
        **PUBLIC_KEY_LISTS,
        oidc_issuer="http://127.0.0.1:9/provider",
        oidc_client_id="portal",
    )


if __name__ == "__main__":
    sys.exit(main())
