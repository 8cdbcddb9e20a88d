"""Requests that our clients do not send, through the real nginx: broken, ambiguous, slow, and many.

An ambiguous request must be refused, or reach the backend in one form only (RFC 9112, 11.2).
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest

from app.settings import Settings
from tests.deploy.rolling_restart import run_replicated_portal
from tests.deploy.slow_clients import measure_rates
from tests.deploy.test_nginx import in_front
from tests.faults.installation import Installation
from tests.http_server import free_port
from tests.nginx_server import NGINX_CONFIGURATION, needs_nginx
from tests.world import World

TEMPLATE = (NGINX_CONFIGURATION / "cwg.conf.template").read_text(encoding="utf-8")
READ, PORTAL = b"127.0.0.1", b"localhost"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass
class RecordingBackend:
    """A backend that stores every byte sent to it, and answers each connection once."""

    port: int
    heard: list[bytes] = field(default_factory=list)

    def answer(self, listening: socket.socket) -> None:
        with suppress(OSError):  # the listening socket was closed: the test is over
            while True:
                line, _ = listening.accept()
                Thread(target=self._one, args=(line,), daemon=True).start()

    def _one(self, line: socket.socket) -> None:
        number = len(self.heard)
        self.heard.append(b"")
        with line, suppress(OSError):
            line.settimeout(20)
            while not is_whole(self.heard[number]):
                piece = line.recv(65536)
                if not piece:
                    return
                self.heard[number] += piece
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


def is_whole(request: bytes) -> bool:
    head, found, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return bool(found) and len(body) >= (int(length[1]) if length else 0)


@dataclass
class Front:
    port: int
    backend: RecordingBackend

    def say(self, sent: bytes) -> bytes:
        """Return all that nginx answers, until it closes the connection or pauses for a moment."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line, suppress(OSError):
            line.sendall(sent)
            while piece := line.recv(65536):
                answer += piece
                line.settimeout(0.3)
        return answer


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    port, backend = free_port(), RecordingBackend(free_port())
    with socket.create_server(("127.0.0.1", backend.port)) as listening:
        Thread(target=backend.answer, args=(listening,), daemon=True).start()
        with in_front(tmp_path, port, portal=backend.port, reading=backend.port):
            yield Front(port, backend)


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"POST /sign-out HTTP/1.1", b"Host: " + READ, *lines, b"", body])


def get(*lines: bytes, first: bytes = b"GET /healthz HTTP/1.1") -> bytes:
    return b"\r\n".join([first, b"Host: " + READ, *lines, b"", b""])


CHUNKED = b"Transfer-Encoding: chunked"
REFUSED = {
    "length and chunks (CL.TE)": post(b"Content-Length: 6", CHUNKED, body=b"0\r\n\r\n" + HIDDEN),
    "chunks and length (TE.CL)": post(CHUNKED, b"Content-Length: 3", body=b"0\r\n\r\n" + HIDDEN),
    "chunks twice": post(CHUNKED, CHUNKED, body=b"0\r\n\r\n" + HIDDEN),
    "chunks and something else": post(CHUNKED, b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + HIDDEN),
    "an unknown coding": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + HIDDEN),
    "a list of codings": post(b"Transfer-Encoding: identity, chunked", body=b"0\r\n\r\n" + HIDDEN),
    "a coding after a control character": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + HIDDEN),
    "chunks in HTTP/1.0": post(CHUNKED, body=b"0\r\n\r\n" + HIDDEN).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "two lengths": post(b"Content-Length: 3", b"Content-Length: 4", body=b"abc" + HIDDEN),
    "two equal lengths": post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc" + HIDDEN),
    "a list of lengths": post(b"Content-Length: 3, 3", body=b"abc" + HIDDEN),
    "a length with a sign": post(b"Content-Length: +3", body=b"abc" + HIDDEN),
    "a negative length": post(b"Content-Length: -1", body=b"abc" + HIDDEN),
    "a size of a chunk that is no number": post(CHUNKED, body=b"0x3\r\nabc\r\n0\r\n\r\n" + HIDDEN),
    "a folded line": get(b"X-A: b", b" Content-Length: 3"),
    "a folded coding": post(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n" + HIDDEN),
    "a space before the colon": post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + HIDDEN),
    "a zero byte": get(b"X-A: b\0c"),
    "a return inside of a line": get(b"X-A: b\rContent-Length: 3"),
    "two hosts": get(b"Host: elsewhere.example.org"),
    "a space in the path": get(first=b"GET /health z HTTP/1.1"),
    "no path": get(first=b"GET HTTP/1.1"),
    "TRACE": get(first=b"TRACE /healthz HTTP/1.1"),
    "CONNECT": get(first=b"CONNECT 127.0.0.1:22 HTTP/1.1"),
    "HTTP/2 without TLS": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": get(first=b"GET /healthz HTTP/9.9"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "a head of 40,000 bytes": get(*(b"X-A: " + b"a" * 4000 for _ in range(10))),
    "3,000 lines": get(*(b"X-%d: aaaaaaaa" % n for n in range(3000))),
}


@needs_nginx
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_broken_or_ambiguous_never_reaches_the_backend(front: Front, what: str) -> None:
    assert front.say(get()).startswith(b"HTTP/1.1 200")
    assert len(front.backend.heard) == 1

    answer = front.say(REFUSED[what])

    assert re.match(rb"HTTP/1.1 (400|405|501|505) ", answer) or answer == b"", answer
    assert b"200 OK" not in answer
    assert len(front.backend.heard) == 1


@needs_nginx
@pytest.mark.parametrize(
    "sent",
    [
        b"GET /hidden HTTP/1.1\r\nHost: elsewhere.example.org\r\n\r\n",
        b"GET http://elsewhere.example.org/hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /hidden HTTP/1.0\r\n\r\n",
        b"GET /hidden\r\n",
    ],
    ids=["another host", "another host in the address", "HTTP/1.0 without a host", "HTTP/0.9"],
)
def test_a_request_for_an_unknown_host_gets_no_answer(front: Front, sent: bytes) -> None:
    assert front.say(get()).startswith(b"HTTP/1.1 200")

    assert front.say(sent) == b""

    assert len(front.backend.heard) == 1


@needs_nginx
def test_the_host_in_the_address_has_to_be_that_of_the_head(front: Front) -> None:
    both = b"GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n"
    assert front.say(both).startswith(b"HTTP/1.1 200")

    assert front.say(both.replace(b"Host: 127.0.0.1:80", b"Host: elsewhere.example.org")) == b""

    assert len(front.backend.heard) == 1


@needs_nginx
def test_lines_that_end_without_a_return_reach_the_backend_corrected(front: Front) -> None:
    assert front.say(get(b"X-A: b").replace(b"\r\n", b"\n")).startswith(b"HTTP/1.1 200")

    (heard,) = front.backend.heard
    assert heard.count(b"\n") == heard.count(b"\r\n") >= 3
    assert b"\r\nX-A: b\r\n" in heard


@needs_nginx
def test_http_1_0_with_a_host_is_answered_and_forwarded_as_1_1(front: Front) -> None:
    assert b" 200 OK" in front.say(get(first=b"GET /healthz HTTP/1.0"))[:20]

    assert front.backend.heard[0].startswith(b"GET /healthz HTTP/1.1\r\n")


@needs_nginx
def test_what_follows_a_length_is_a_request_of_its_own(front: Front) -> None:
    answer = front.say(post(b"Content-Length: 3", body=b"abc" + HIDDEN))

    assert answer.count(b"HTTP/1.1 200") == 2
    assert [heard.split(b" ")[1] for heard in front.backend.heard] == [b"/sign-out", b"/hidden"]
    assert front.backend.heard[0].endswith(b"\r\n\r\nabc")


@needs_nginx
def test_chunks_reach_the_read_path_as_one_body_with_a_length(front: Front) -> None:
    front.say(post(CHUNKED, body=b"3\r\nabc\r\n0\r\n\r\n"))

    (heard,) = front.backend.heard
    assert b"chunked" not in heard
    assert heard.endswith(b"\r\n\r\nabc")


@needs_nginx
def test_a_slow_body_occupies_no_server_of_the_read_path(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.port), timeout=60) as line:
        line.sendall(post(b"Content-Length: 6", body=b"abc"))
        time.sleep(1)
        assert front.backend.heard == []  # nginx waits for it, the backend does not

        line.sendall(b"def")
        assert line.recv(4096).startswith(b"HTTP/1.1 200")
    assert front.backend.heard[0].endswith(b"abcdef")


def test_each_host_sets_timeouts_and_limits() -> None:
    """Including the default server: nginx uses its limits until the head of the request is complete."""
    servers = TEMPLATE.split("\nserver {")[1:]
    assert len(servers) == 3
    for server in servers:
        assert "client_header_timeout 15s;" in server
        assert "large_client_header_buffers 2 16k;" in server
        assert re.search(r"keepalive_timeout \d+s;", server)
    for server in servers[1:]:
        assert "limit_conn cwg_lines" in server
        for name in ("client_body_timeout", "send_timeout", "proxy_read_timeout"):
            assert 0 < int(re.findall(rf"{name} (\d+)s;", server)[0]) <= 120, name
        assert "client_max_body_size" in server


@needs_nginx
def test_others_are_served_while_two_hundred_are_idle_or_slow(settings: Settings, world: World, tmp_path: Path) -> None:
    installation = Installation(tmp_path, settings, world)
    try:
        with run_replicated_portal(installation) as portal:
            loaded, alone, work, slow_clients = measure_rates(portal, 200, people=3, seconds=3, pause=0.02)
    finally:
        installation.end()

    assert len(slow_clients.lines) == 200
    assert work.failed == {}
    assert loaded > alone / 4
