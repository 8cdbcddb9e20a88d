"""Two portals behind nginx, replaced one after the other while people work: nobody notices, and nothing is done twice.

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
from tests.world import SIGNER, SIGNING_KEY, World

PEOPLE = ("amina", "rafael", "haruka", "ines")
NEVER = 127  # a client's way to say that there was no answer


@dataclass
class Street:
    """A front, and the two doors behind it, which others may end and begin again."""

    house: Installation
    url: str
    doors: tuple[int, int]

    def begin(self, number: int) -> None:
        port = str(self.doors[number])
        self.house.begin(f"portal-{number}", "pages", "--port", port, "--workers", str(1 + number))

    def replace(self, number: int) -> int:
        """End one as an operator does, wait for it, start the next version in its place; its exit code."""
        process = self.house.running.pop(f"portal-{number}")
        code = stop_process(process, within=120)
        self.begin(number)
        answers(f"http://127.0.0.1:{self.doors[number]}")
        sleep(1.2)  # nginx looks at it again after a second (fail_timeout)
        return code


@contextmanager
def a_street(house: Installation) -> Iterator[Street]:
    """Both doors are ready when this begins. The first is one process, the second two that share a socket."""
    port, doors = free_port(), (free_port(), free_port())
    folder = house.folder / "nginx"
    folder.mkdir()
    names = {
        "CWG_PORTAL_HOST": "127.0.0.1",
        "CWG_READ_HOST": "localhost",
        "CWG_PORTAL_AT": f"127.0.0.1:{doors[0]}",
        "CWG_PORTAL_AT_2": f"127.0.0.1:{doors[1]}",
        "CWG_READ_AT": f"127.0.0.1:{doors[0]}",
        "CWG_STORE": house.folder / "store",
        "CWG_RELEASE_STORE": house.folder / "release",
    }
    house.settings = house.settings.model_copy(update={"portal_url": f"http://127.0.0.1:{port}", "demo": False})
    street = Street(house, house.settings.portal_url, doors)
    for number in range(2):
        street.begin(number)
    for door in doors:
        answers(f"http://127.0.0.1:{door}")
    with run_nginx(folder, port, **names):
        yield street


@dataclass
class Work:
    """What people do all the while, and what they were answered."""

    world: World
    url: str
    body: str
    told: Tally[tuple[str, int]] = field(default_factory=Tally)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_over: bool = False

    @property
    def requests(self) -> int:
        return self.told.total()

    @property
    def failed(self) -> dict[tuple[str, int], int]:
        """What was answered otherwise than it is in quiet times."""
        right = {("read", 200), ("begin", 201), ("discard", 204), ("style", 200)}
        return {each: times for each, times in self.told.items() if each not in right}

    def go_on(self, who: str) -> None:
        """One person: reads a page, begins a file, gives it up."""
        headers = {"Origin": self.url, "Cookie": f"cwg_portal={self.world.sign_in(who)}"}
        headers["X-Form-Token"] = create_form_token(SECRET, self.world.person(who).id)
        with httpx2.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False) as client:
            while not self.is_over:
                self._tell("read", client, "GET", "/uploads")
                self._tell("style", client, "GET", "/healthz")
                new = {"body": self.body, "name": "one.pdf", "size": "1000"}
                made = self._tell("begin", client, "POST", "/uploads", params=new, headers=piece_headers(b""))
                if made and made.status_code == 201:
                    self._tell("discard", client, "DELETE", made.headers["Location"])

    def _tell(self, what: str, client: httpx2.Client, method: str, path: str, **given: Any) -> httpx2.Response | None:
        answer = None
        with suppress(httpx2.HTTPError):
            answer = client.request(method, path, **given)
        with self.lock:
            self.told[what, answer.status_code if answer else NEVER] += 1
        return answer


@contextmanager
def at_work(street: Street, people: int) -> Iterator[Work]:
    """So many people at once, until the end of the block."""
    world = street.house.world
    work = Work(world, street.url, str(world.body().id))
    who = [PEOPLE[number % len(PEOPLE)] for number in range(people)]
    threads = [threading.Thread(target=work.go_on, args=(each,), daemon=True) for each in who]
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


def done_unasked(world: World) -> int:
    """Everybody gave up what they were told that they had begun: what is left was begun twice, or without a word."""
    with transaction(world.read) as session:
        return session.scalar(text("SELECT count(*) FROM portal.upload"))


def main(requests: int = 20_000, people: int = 12) -> int:
    with TemporaryDirectory(prefix="cwg-rolling-") as place, run_installation(Path(place), settings()) as house:
        Path(place).chmod(0o755)
        with a_street(house) as street, at_work(street, people) as work:
            began, replaced = monotonic(), 0
            while work.requests < requests:
                aim = work.requests + requests // 8
                if street.replace(replaced % 2):
                    raise RuntimeError("a door did not end well")
                replaced += 1
                wait_until(lambda aim=aim: work.requests >= min(aim, requests), "nobody is answered", within=600)
        unasked = done_unasked(house.world)
        print(
            f"{work.requests} requests in {monotonic() - began:.0f} s while doors were replaced {replaced} times:"
            f" {sum(work.failed.values())} failed {work.failed or ''}, {unasked} done unasked"
        )
    return 1 if work.failed or unasked else 0


def settings() -> Settings:
    return Settings(
        session_secret=SECRET,
        read_session_secret=SECRET[::-1],
        signing_key=SIGNING_KEY,
        read_public_keys=SIGNER.public_key.text,
        oidc_issuer="http://127.0.0.1:9/provider",
        oidc_client_id="portal",
    )


if __name__ == "__main__":
    sys.exit(main())
