"""The read path behind the real nginx: nginx sends what it allowed, and requests that are too large do not reach it."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from threading import Thread

import httpx2
import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.core import clock
from app.core.i18n import LANGUAGES
from app.domain.transmissions.rules import RefusalCode
from app.http.oidc.flow import SignInAttempt
from app.http.oidc.sealed_cookies import MAX_ATTEMPTS
from app.http.sign_in.sign_out_hint import MAX_HINT_LENGTH
from app.settings import Settings
from app.web.liaisons.inbox import MAX_TRANSMISSION_BYTES
from tests.dissemination.read_path_site import ReaderSite, text_of
from tests.http_server import free_port, served
from tests.nginx_server import NGINX_CONFIGURATION, needs_nginx, run_nginx

pytestmark = needs_nginx
OF_THE_SERVER = {"date", "server", "connection", "keep-alive", "x-request-id"}


@dataclass(frozen=True)
class Front:
    """A read path behind nginx, and the same without it."""

    place: ReaderSite
    port: int
    backend: int
    errors: Path

    def get(self, path: str, *, port: int = 0, method: str = "GET", **headers: str) -> httpx2.Response:
        asked = {"Host": self.host, "Cookie": f"cwg_read={self.place.cookie()}"} | headers
        return httpx2.request(method, f"http://127.0.0.1:{port or self.port}{path}", headers=asked)

    @property
    def host(self) -> str:
        return self.place.settings.read_url.removeprefix("http://")


@pytest.fixture
def front(settings: Settings, tmp_path: Path) -> Iterator[Front]:
    port, backend = free_port(), free_port()
    ours = settings.model_copy(update={"read_url": f"http://127.0.0.1:{port}", "files_front": "/_files"})
    place = ReaderSite(ours, tmp_path)
    (tmp_path / "nginx").mkdir()
    with (
        served(place.app, backend),
        run_nginx(
            tmp_path / "nginx",
            port,
            CWG_PORTAL_HOST="localhost",
            CWG_READ_HOST="127.0.0.1",
            CWG_PORTAL_AT=f"127.0.0.1:{backend}",
            CWG_READ_AT=f"127.0.0.1:{backend}",
            CWG_STORE=tmp_path / "store",
            CWG_RELEASE_STORE=tmp_path / "release",
        ) as errors,
    ):
        yield Front(place, port, backend, errors)
    place.close()


def test_a_file_is_sent_by_nginx_with_the_headers_of_the_read_path(front: Front) -> None:
    file = f"{front.place.release()}/files/en"

    sent, handed = front.get(file), front.get(file, port=front.backend)

    assert handed.headers["x-accel-redirect"].startswith("/_files/")
    assert handed.content == b""
    assert sent.content == text_of(1, "en")
    own = OF_THE_SERVER | {"content-length", "accept-ranges", "x-accel-redirect"}
    assert {name: value for name, value in sent.headers.items() if name not in own} == {
        name: value for name, value in handed.headers.items() if name not in own
    }


def test_a_part_of_a_file_can_be_asked_for(front: Front) -> None:
    file = f"{front.place.release()}/files/en"

    answer = front.get(file, Range="bytes=5-9")

    assert (answer.status_code, answer.content) == (206, text_of(1, "en")[5:10])


def test_a_file_in_the_cache_of_the_browser_is_not_sent_again(front: Front) -> None:
    file = f"{front.place.release()}/files/en"
    got = front.get(file)

    assert "last-modified" not in got.headers
    assert front.get(file, **{"If-None-Match": got.headers["etag"]}).status_code == 304
    assert front.get(file, **{"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}).status_code == 200
    head = front.get(file, method="HEAD")
    assert (head.headers["content-length"], head.content) == (got.headers["content-length"], b"")


def test_no_file_is_sent_without_the_read_path(front: Front) -> None:
    file = f"{front.place.release()}/files/en"
    place = front.get(file, port=front.backend).headers["x-accel-redirect"]
    assert front.get(file).status_code == 200

    assert front.get(place).status_code == 404
    assert front.get(file, Cookie="").status_code == 401
    assert text_of(1, "en")[:20] not in front.get(file, Cookie="").content


def test_the_readiness_of_the_read_path_is_not_published(front: Front) -> None:
    assert front.get("/readyz", port=front.backend).text.startswith("ready")

    assert front.get("/readyz").status_code == 404


def test_a_damaged_file_is_not_handed_to_nginx(front: Front) -> None:
    file = f"{front.place.release()}/files/en"
    assert front.get(file).status_code == 200
    kept = next((front.place.folder / "release").rglob(front.get(file).headers["etag"].strip('"')))

    kept.write_bytes(kept.read_bytes()[:-1] + b"?")

    assert front.get(file).status_code == 503


def test_another_host_is_not_answered(front: Front) -> None:
    assert front.get("/healthz").status_code == 200
    with pytest.raises(httpx2.RemoteProtocolError):
        front.get("/healthz", Host="elsewhere.example.org")


def test_heads_and_bodies_that_are_too_long_are_refused_by_nginx(front: Front) -> None:
    assert front.get("/healthz", **{"X-Long": "a" * 15_000}).status_code == 200
    assert front.get("/healthz", **{"X-Long": "a" * 17_000}).status_code == 400
    assert front.get("/" + "a" * 17_000).status_code == 414
    assert httpx2.post(f"http://127.0.0.1:{front.port}/sign-out", content=b"x" * 70_000).status_code == 413


def test_the_cookies_of_a_sign_out_pass_while_sign_ins_are_under_way(front: Front) -> None:
    """In one line: the token for the sign-out, five attempts, the session, and the page of a refused sign-in."""
    state, attempt = front.place.state, SignInAttempt("s" * 43, "b" * 43, "n" * 43, "v" * 43, "/x" * 120, clock.now())
    hint = state.sign_in_sealers.sign_out_hints.seal({"id_token": "x" * MAX_HINT_LENGTH}, timedelta(hours=1))
    sealed = asdict(attempt) | {"expires_at": attempt.expires_at.isoformat()}
    attempts = [state.sign_in_sealers.attempts.seal(sealed, timedelta(hours=1)) for _ in range(MAX_ATTEMPTS)]
    values = [hint, *attempts, front.place.cookie(), front.place.cookie()]
    cookies = "; ".join(f"cookie-{number}={value}" for number, value in enumerate(values))

    assert len(cookies) > 8192
    assert front.get("/healthz", Cookie=cookies).status_code == 200


def test_logs_do_not_contain_who_read_what(front: Front) -> None:
    file = f"{front.place.release()}/files/en"

    front.get(file)
    front.get(f"{file}x")

    logs = b"".join(path.read_bytes() for path in front.errors.parent.glob("*.log"))
    assert b"OUT-1" not in logs
    assert b"127.0.0.1" not in logs


@pytest.mark.parametrize(
    ("what", "sent"),
    [
        (
            "two lengths",
            b"POST /sign-out HTTP/1.1\r\nHost: %b\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        ("two hosts", b"GET /healthz HTTP/1.1\r\nHost: %b\r\nHost: b\r\n\r\n"),
        ("a space before the colon", b"GET /healthz HTTP/1.1\r\nHost: %b\r\nX-A : b\r\n\r\n"),
        ("no host", b"GET /healthz HTTP/1.1\r\n\r\n"),
    ],
)
def test_an_ambiguous_request_is_refused(front: Front, what: str, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", front.port), timeout=60) as line:
        line.sendall(sent.replace(b"%b", front.host.encode()))
        answer = line.recv(4096)

    assert b" 400 " in answer[:20], what


def test_a_backend_that_is_down_leaves_no_address_and_no_path_in_a_log(tmp_path: Path) -> None:
    port, dead = free_port(), free_port()
    with in_front(tmp_path, port, portal=dead, reading=dead) as errors:
        for host in ("localhost", "127.0.0.1"):
            answer = httpx2.get(f"http://127.0.0.1:{port}/calendars/secret-address", headers={"Host": host})
            assert answer.status_code == 502
            assert "Temporarily unavailable" in answer.text
            assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("120", "no-store")
        with suppress(httpx2.RemoteProtocolError):
            httpx2.get(f"http://127.0.0.1:{port}/calendars/secret-address", headers={"Host": "elsewhere.example"})
        logs = b"".join(path.read_bytes() for path in errors.parent.glob("*.log"))

    assert b" 502 " in logs  # it was noted that it failed
    assert b"secret-address" not in logs
    assert b"127.0.0.1" not in logs.replace(b"127.0.0.1 502", b"")  # the host that was asked for is ours


def test_a_side_that_an_operator_closes_is_closed_with_the_next_request_and_the_other_is_not(tmp_path: Path) -> None:
    port, backend = free_port(), free_port()
    configuration = copytree(NGINX_CONFIGURATION, tmp_path / "configuration")
    switch = configuration / "portal-closed"
    with (
        served(PlainTextResponse("here"), backend),
        in_front(tmp_path, port, portal=backend, reading=backend, configuration=configuration),
    ):

        def ask(host: str, path: str = "/") -> int:
            return httpx2.get(f"http://127.0.0.1:{port}{path}", headers={"Host": host}).status_code

        assert (ask("localhost"), ask("127.0.0.1")) == (200, 200)
        switch.touch()
        assert (ask("localhost"), ask("127.0.0.1")) == (503, 200)
        assert ask("localhost", "/inbox/liaisons") == 503
        switch.unlink()
        assert ask("localhost") == 200
        assert ask("localhost", "/_closed") == 404


@pytest.mark.parametrize("name", ["too_many", "closed"])
def test_a_page_of_nginx_has_all_languages(name: str) -> None:
    page = (NGINX_CONFIGURATION / f"{name}.html").read_text(encoding="utf-8")

    assert set(re.findall(r'<p lang="(\w+)"', page)) | {"en"} == set(LANGUAGES)


def test_an_answer_for_a_slow_reader_is_not_buffered_on_disk(tmp_path: Path) -> None:
    port, backend, size = free_port(), free_port(), 64 * 2**20
    with (
        run_sending_backend(backend, size) as sent,
        in_front(tmp_path, port, portal=backend, reading=backend),
        socket.create_connection(("127.0.0.1", port), timeout=60) as line,
    ):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(b"GET /outputs.zip HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 200")
        time.sleep(1)
        assert 0 < sent[0] < size / 2  # the backend waits for its reader


def test_one_address_downloads_few_archives_at_once_and_anything_else_meanwhile(tmp_path: Path) -> None:
    port, backend = free_port(), free_port()
    with (
        socket.create_server(("127.0.0.1", backend), backlog=64),  # takes every request, and answers none
        in_front(tmp_path, port, portal=backend, reading=backend),
        ExitStack() as lines,
    ):

        def asked(path: str, patience: float = 1) -> bytes:
            line = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=patience))
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            try:
                return line.recv(12)
            except TimeoutError:
                return b"waits"

        assert [asked("/outputs.zip?year=2026") for _ in range(10)] == [b"waits"] * 10
        assert asked("/outputs.zip?year=2026", patience=60) == b"HTTP/1.1 429"
        assert asked("/outputs") == b"waits"


# A path, its method, the burst that is answered, and a neighbour of the path that is not counted with it.
RATES = [
    ("/sign-in", "GET", 600, "/sign-in-again"),
    ("/sign-in/callback?state=x", "GET", 600, "/sign-in/backchannel-logout"),
    pytest.param("/sign-in/backchannel-logout", "POST", 2000, "/sign-in", marks=pytest.mark.thorough),
    ("/search?q=cable", "GET", 300, "/topics?q=cable"),
    ("/feeds/en.atom?kind=report&q=cable", "GET", 300, "/feeds/en.atom?q="),
    ("/feeds/a-key/en.atom?%71=cable", "GET", 300, "/feeds/en.atom?kind=report"),
    ("/meetings/1/documents.zip", "GET", 300, "/meetings/1/documents"),
    ("/documents/1/cover/en.pdf", "GET", 300, "/documents/1/files/en"),
    ("/uploads?name=x", "POST", 500, "/sign-out"),
    ("/uploads/1", "PATCH", 500, "/letters"),
    ("/contributions/1/files", "POST", 500, "/contributions/1/submit"),
]
# Two addresses of one network, and one of another.
NETWORKS = [
    ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9", "2001:db8:1:3:3:4:5:6"),
    ("2001:db8:1::1", "2001:db8:1:0:a:b:c:d", "2001:db8:2::1"),
    ("2001:db8::1", "2001:db8:0:0:a:b:c:d", "2001:db8:1::1"),
    ("::ffff:192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
    ("::1", "::1", "2001:db8::1"),
]


class Rush:
    """Requests through nginx, on one connection, as if from any address."""

    def __init__(self, port: int) -> None:
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers={"Host": "127.0.0.1"})

    def ask(self, address: str, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
        return self.client.request(method, path, headers={"X-Test-Address": address} | headers)

    def ask_until_refused(self, address: str, path: str, method: str = "GET") -> tuple[int, httpx2.Response]:
        """Ask until 429; return how many requests were answered before, and the refusal."""
        for answered in range(4000):
            if (answer := self.ask(address, path, method)).status_code == 429:
                return answered, answer
        raise TimeoutError("never refused")


@pytest.fixture
def rush(tmp_path: Path) -> Iterator[Rush]:
    port, backend = free_port(), free_port()
    from_anywhere = "set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;"
    with (
        served(PlainTextResponse("answered"), backend),
        in_front(tmp_path, port, portal=backend, reading=backend, more=from_anywhere),
    ):
        made = Rush(port)
        yield made
        made.client.close()


@pytest.mark.parametrize(("path", "method", "burst", "beside"), RATES)
def test_what_costs_most_is_bounded_by_address(rush: Rush, path: str, method: str, burst: int, beside: str) -> None:
    answered, refused = rush.ask_until_refused("192.0.2.1", path, method)

    assert answered > burst
    assert refused.headers["Retry-After"] == "10"
    assert "Nothing was changed. Wait ten seconds" in refused.text
    assert refused.headers["Cache-Control"] == "no-store"
    assert {rush.ask("192.0.2.1", beside, method).status_code for _ in range(20)} == {200}
    assert rush.ask("192.0.2.7", path, method).status_code == 200


def test_a_program_that_sends_too_many_liaison_statements_is_refused_as_the_format_promises(rush: Rush) -> None:
    """The answer to the program is JSON as from the inbox itself; other requests from its network are served."""

    def send(address: str, path: str = "/inbox/liaisons", method: str = "POST") -> httpx2.Response:
        return rush.ask(address, path, method, Host="localhost")

    answers = [send("192.0.2.1") for _ in range(400)]

    statuses = [answer.status_code for answer in answers]
    assert statuses[:101] == [200] * 101
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json().keys() == {"error", "explanation"}
    assert refused.json()["error"] == RefusalCode.TOO_MANY
    assert refused.headers["Content-Type"] == "application/json"
    assert (refused.headers["Retry-After"], refused.headers["Cache-Control"]) == ("10", "no-store")
    assert send("192.0.2.1", method="GET").status_code == 200
    assert send("192.0.2.1", "/liaisons").status_code == 200
    assert send("192.0.2.7").status_code == 200
    assert send("192.0.2.1", "/_too_many_liaisons").status_code == 404


def test_a_liaison_statement_that_no_inbox_takes_does_not_reach_the_portal(tmp_path: Path) -> None:
    """A letter of 32 MiB passes, as the format promises; what is announced as larger is refused unread, though a form
    with a file may be larger."""
    port, backend = free_port(), free_port()
    with (
        served(PlainTextResponse("answered"), backend),
        in_front(tmp_path, port, portal=backend, reading=backend),
    ):

        def announce(path: str, size: int) -> bytes:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
                line.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode())
                line.sendall(b"x")
                return line.recv(12)

        assert announce("/inbox/liaisons", MAX_TRANSMISSION_BYTES) == b"HTTP/1.1 200"
        assert announce("/inbox/liaisons", MAX_TRANSMISSION_BYTES + 1) == b"HTTP/1.1 413"
        assert announce("/uploads", MAX_TRANSMISSION_BYTES + 1) == b"HTTP/1.1 200"


@pytest.mark.parametrize(("one", "same", "other"), NETWORKS)
def test_an_ipv6_network_counts_as_one_address(rush: Rush, one: str, same: str, other: str) -> None:
    of_new_address, _refusal = rush.ask_until_refused(one, "/outputs.zip")

    answered, _refusal = rush.ask_until_refused(same, "/outputs.zip")
    assert answered < of_new_address / 2  # what was allowed again in between
    assert rush.ask(other, "/outputs.zip").status_code == 200


def test_the_page_of_the_rates_cannot_be_asked_for(rush: Rush) -> None:
    assert "10" in (NGINX_CONFIGURATION / "too_many.conf").read_text(encoding="utf-8")
    assert rush.ask("192.0.2.1", "/_too_many").status_code == 404


@contextmanager
def in_front(
    folder: Path,
    port: int,
    *,
    portal: int,
    reading: int,
    more: str = "",
    configuration: Path = NGINX_CONFIGURATION,
) -> Iterator[Path]:
    """Run nginx in front of backends at these ports."""
    (folder / "store").mkdir()
    names = {"CWG_PORTAL_AT": f"127.0.0.1:{portal}", "CWG_READ_AT": f"127.0.0.1:{reading}"}
    folders = {"CWG_STORE": folder / "store", "CWG_RELEASE_STORE": folder / "store", "CWG_NGINX": configuration}
    with run_nginx(
        folder, port, CWG_PORTAL_HOST="localhost", CWG_READ_HOST="127.0.0.1", more=more, **names, **folders
    ) as errors:
        yield errors


def test_what_a_client_says_of_its_address_is_replaced(tmp_path: Path) -> None:
    async def repeat_address(scope: Scope, receive: Receive, send: Send) -> None:
        said = Headers(scope=scope).getlist("X-Real-IP")
        await PlainTextResponse(" ".join(said))(scope, receive, send)

    port, backend = free_port(), free_port()
    with served(repeat_address, backend), in_front(tmp_path, port, portal=backend, reading=backend):
        forged = {"Host": "localhost", "X-Real-IP": "203.0.113.9", "X-Forwarded-For": "203.0.113.9"}
        assert httpx2.get(f"http://127.0.0.1:{port}/", headers=forged).text == "127.0.0.1"


@contextmanager
def run_sending_backend(port: int, size: int) -> Iterator[list[int]]:
    """Run a backend that answers once, as fast as it can; yield how much of it was taken."""
    sent = [0]

    def answer(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line, suppress(OSError):
            line.recv(65536)
            line.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode())
            for _ in range(size >> 16):
                line.sendall(bytes(1 << 16))
                sent[0] += 1 << 16

    with socket.create_server(("127.0.0.1", port)) as listening:
        thread = Thread(target=answer, args=(listening,), daemon=True)
        thread.start()
        yield sent
