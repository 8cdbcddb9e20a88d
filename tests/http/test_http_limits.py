"""Requests off the wire, raw: what is not HTTP as the RFC says is refused, and nobody sends a head without end."""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse

import pytest
from starlette.types import Receive, Scope, Send

from app.http.http_limits import MAX_HEAD_BYTES, MAX_NON_BODY_BYTES
from tests.http_server import free_port, served

TOO_MUCH = b"400 There is too much beside the body of this request."
READ = 256 * 1024  # what asyncio takes at once


async def counting(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how long the body was."""
    if scope["type"] != "http":
        return
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    said = str(length).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
    await send({"type": "http.response.body", "body": said})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    with served(counting, number):
        yield number


def spoken(port: int, *parts: bytes) -> bytes:
    """The answer to these bytes; nothing where the connection was closed without one."""
    answer = HTTPResponse(line := socket.create_connection(("127.0.0.1", port), timeout=20))
    with line:
        try:
            for part in parts:
                line.sendall(part)
            answer.begin()
            return b"%d %s" % (answer.status, answer.read())
        except (ConnectionError, HTTPException):
            return b""


def request(*fields: bytes, body: bytes = b"", method: bytes = b"POST", path: bytes = b"/") -> bytes:
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", b"Host: a", *fields, b"", b""]) + body


def test_a_body_is_read_to_its_end(port: int) -> None:
    assert spoken(port, request(b"Content-Length: 3000000", body=b"x" * 3_000_000)) == b"200 3000000"


def test_a_body_in_chunks_may_be_long(port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"

    assert spoken(port, request(b"Transfer-Encoding: chunked"), chunk * 40, b"0\r\n\r\n") == b"200 2621440"


@pytest.mark.parametrize(
    ("what", "sent"),
    [
        ("two lengths", request(b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
        ("two different lengths", request(b"Content-Length: 3", b"Content-Length: 4", body=b"abcd")),
        ("bare line feeds", b"GET / HTTP/1.1\nHost: a\n\n"),
        ("a folded line", request(b"X-A: b", b" c")),
        ("a space before the colon", request(b"X-A : b")),
        ("another encoding last", request(b"Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n")),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(port: int, what: str, sent: bytes) -> None:
    assert spoken(port, sent).startswith(b"400"), what


def test_a_head_is_as_long_as_it_says_and_no_longer(port: int) -> None:
    def with_a_field(length: int) -> bytes:
        return request(b"X-Long: " + b"a" * length, method=b"GET")

    assert spoken(port, with_a_field(MAX_HEAD_BYTES - 200)) == b"200 0"
    assert spoken(port, with_a_field(MAX_HEAD_BYTES)).startswith(b"400")
    assert spoken(port, request(method=b"GET", path=b"/" + b"a" * MAX_HEAD_BYTES)).startswith(b"400")
    assert spoken(port, request(*[b"X-%d: a" % n for n in range(MAX_HEAD_BYTES // 4)], method=b"GET")).startswith(
        b"400"
    )


def test_a_field_without_end_is_not_waited_for(port: int) -> None:
    begun = b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: "

    # It is closed while more comes in, so that its 400 may be lost: what counts is that nothing waits.
    assert spoken(port, begun, b"a" * (2 * READ + MAX_NON_BODY_BYTES)) in {b"", TOO_MUCH}


def test_trailing_fields_without_end_are_not_waited_for(port: int) -> None:
    body = b"1\r\nx\r\n0\r\n"
    trailing = b"".join(b"X-%d: a\r\n" % n for n in range(MAX_HEAD_BYTES))

    assert not spoken(port, request(b"Transfer-Encoding: chunked"), body, trailing).startswith(b"200")


def test_two_requests_at_once_are_two(port: int) -> None:
    long = request(b"Content-Length: 200000", body=b"x" * 200_000)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(long + request(b"Content-Length: 2", body=b"yy"))
        got = b""
        while got.count(b"HTTP/1.1") < 2 or not got.endswith(b"2"):
            more = line.recv(65536)
            assert more, got[-200:]  # it was closed
            got += more

    assert b"200000" in got


def test_what_was_said_before_counts_for_nothing(port: int) -> None:
    line = HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(3 * MAX_NON_BODY_BYTES // 1024):
        line.request("POST", "/", b"yy", {"X-Long": "a" * 1024})
        assert line.getresponse().read() == b"2"
    line.close()
