"""Two portals, two workers and two read paths that share a database and a bucket: each is killed, one after the other,
while States send papers in pieces. Nothing is lost, and there is always one of each that answers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from uuid import uuid4

import httpx2
import pytest

from tests.chunks import piece_headers
from tests.deploy.rolling_restart import run_replicated_portal
from tests.faults.common_steps import run_checker
from tests.faults.delegation import Delegation, Unanswered
from tests.faults.fault_plan import installation_settings
from tests.faults.installation import Installation, answers, run_installation
from tests.faults.s3_server import run_bucket
from tests.files import make_docx
from tests.http_server import free_port
from tests.nginx_server import needs_nginx
from tests.waiting import wait_until

STATES = ("amina", "rafael", "haruka")
PIECE = 4_000  # bytes: a paper has a handful, which nginx gives to one portal and the other
PATIENCE = 120.0  # seconds for one paper


@dataclass
class Crowd:
    """States that hand in papers without a pause."""

    body: str
    titles: Iterator[int] = field(default_factory=count)
    over: Event = field(default_factory=Event)
    done: list[str] = field(default_factory=list)
    pieces: list[int] = field(default_factory=list)

    def hand_in_papers(self, delegation: Delegation) -> None:
        while not self.over.is_set():
            title = f"A paper in pieces {next(self.titles)}"
            self._hand_in(delegation, title, make_docx(title, title=title))
            self.done.append(title)

    def _hand_in(self, delegation: Delegation, title: str, content: bytes) -> None:
        key, until = str(uuid4()), monotonic() + PATIENCE
        cover = {"key": key, "title": title, "original": "en", "purpose": "discussion", "abstract": "", "item": ""}
        delegation.note(title, key=key)
        while True:
            try:
                form = cover | {"upload": self._send_in_pieces(delegation, content)}
                drafted = delegation.send("POST", f"/meetings/{delegation.meeting}/contributions", form)
                place = drafted.headers.get("Location", "").partition("/edit")[0] or delegation.found(title)
                version = delegation.version_to_submit(place)
                delegation.submit_for_receipt(place, version, title)
                return
            except Unanswered:
                if monotonic() > until:
                    raise
                sleep(0.2)

    def _send_in_pieces(self, delegation: Delegation, content: bytes) -> str:
        """Send a file, each piece on a new connection; what was not answered is continued where it ends."""
        announced = {"body": self.body, "name": "paper.docx", "size": str(len(content))}
        begun = _ask(delegation, "POST", "/uploads", content[:PIECE], 0, params=announced)
        if begun.status_code != 201:
            raise Unanswered(str(begun.status_code))
        address, at = begun.headers["Location"], PIECE
        while at < len(content):
            answer = _ask(delegation, "PATCH", address, content[at : at + PIECE], at)
            if "Upload-Offset" not in answer.headers:
                raise Unanswered(str(answer.status_code))
            at = int(answer.headers["Upload-Offset"])
        self.pieces.append(-(-len(content) // PIECE))
        return address.rpartition("/")[2]


def _ask(
    delegation: Delegation, method: str, path: str, piece: bytes, at: int, **more: dict[str, str]
) -> httpx2.Response:
    """Send one piece, and ask how far the upload is if that was not answered. Raises Unanswered."""
    headers = {"Origin": delegation.url, "Cookie": f"cwg_portal={delegation.cookie}", "X-Form-Token": delegation.token}
    until = monotonic() + 30
    while True:
        try:
            url = delegation.url + path
            answer = httpx2.request(
                method, url, content=piece, headers=headers | piece_headers(piece, at), timeout=20, **more
            )
            if answer.status_code < 500:
                return answer
        except httpx2.HTTPError:
            pass
        if monotonic() > until or method == "POST":
            raise Unanswered(path)
        sleep(0.2)


@contextmanager
def run_two_of_each(folder: Path) -> Iterator[tuple[Installation, tuple[str, str]]]:
    """Yield the installation behind nginx, and the addresses of its read paths."""
    with ExitStack() as undo:
        bucket = undo.enter_context(run_bucket())
        issuer = f"http://127.0.0.1:{free_port()}/provider"
        installation = undo.enter_context(
            run_installation(
                folder,
                installation_settings().model_copy(update={"oidc_issuer": issuer}),
                store=bucket.url,
                extra_environment=bucket.environment,
            )
        )
        installation.fetched = lambda: bucket.fetched(folder / "fetched")
        undo.enter_context(run_replicated_portal(installation))
        ports = free_port(), free_port()
        for number, port in enumerate(ports):
            installation.begin(f"worker-{number}", "work")
            installation.begin(f"read-{number}", "read", "--port", str(port))
        addresses = tuple(f"http://127.0.0.1:{port}" for port in ports)
        for address in addresses:
            answers(address)
        yield installation, addresses


@needs_nginx
@pytest.mark.thorough
def test_nothing_is_lost_while_each_of_two_is_killed(tmp_path: Path) -> None:
    with run_two_of_each(tmp_path) as (installation, readers):
        crowd, notes = Crowd(str(installation.world.body().id)), tmp_path / "notes"
        meeting = installation.world.meeting()
        states = [Delegation.of(installation, meeting, notes, who) for who in STATES]
        sending = [Thread(target=crowd.hand_in_papers, args=(each,), daemon=True) for each in states]
        for each in sending:
            each.start()
        wait_until(lambda: len(crowd.done) > len(STATES), "no paper is handed in", within=180)
        for number in (0, 1):
            for part in ("portal", "worker", "read"):
                name, so_far = f"{part}-{number}", len(crowd.done)
                installation.kill(name)
                wait_until(lambda so_far=so_far: len(crowd.done) > so_far, f"nothing goes on without {name}", 120)
                assert httpx2.get(f"{readers[1 - number]}/readyz", trust_env=False).status_code == 200
                installation.begin(name, *installation.begun_with[name])
                if part == "read":
                    answers(readers[number])
        crowd.over.set()
        for each in sending:
            each.join(PATIENCE)

        assert [each for each in sending if each.is_alive()] == []
        assert run_checker(installation, notes) == ()
        assert min(crowd.pieces) > 2
        assert all(process.poll() is None for process in installation.running.values())
