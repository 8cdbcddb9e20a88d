"""Raw HTTP requests: whatever is not HTTP by the RFC is refused, and endless heads are aborted."""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse

import pytest
from starlette.types import Receive, Scope, Send

from app.http.http_limits import MAX_HEAD_BYTES, MAX_NON_BODY_BYTES
from tests.http_server import free_port, served

TOO_MUCH = b"400 There is too much beside the body of this request."
READ = 256 * 1024  # the buffer size of asyncio


async def count_body(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with the length of the body."""
    if scope["type"] != "http":
        return
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    content = str(length).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(content))]})
    await send({"type": "http.response.body", "body": content})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    with served(count_body, number):
        yield number


def send_raw(port: int, *parts: bytes) -> bytes:
    """Return the response to these bytes, or nothing where the connection was closed without one."""
    answer = HTTPResponse(line := socket.create_connection(("127.0.0.1", port), timeout=60))
    with line:
        try:
            for part in parts:
                line.sendall(part)
            answer.begin()
            return b"%d %s" % (answer.status, answer.read())
        except (ConnectionError, HTTPException):
            return b""


def build_request(*fields: bytes, body: bytes = b"", method: bytes = b"POST", path: bytes = b"/") -> bytes:
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", b"Host: a", *fields, b"", b""]) + body


def test_a_body_is_read_to_its_end(port: int) -> None:
    assert send_raw(port, build_request(b"Content-Length: 3000000", body=b"x" * 3_000_000)) == b"200 3000000"


def test_a_chunked_body_may_be_long(port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"

    assert send_raw(port, build_request(b"Transfer-Encoding: chunked"), chunk * 40, b"0\r\n\r\n") == b"200 2621440"


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("two lengths", build_request(b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
        ("two different lengths", build_request(b"Content-Length: 3", b"Content-Length: 4", body=b"abcd")),
        ("bare line feeds", b"GET / HTTP/1.1\nHost: a\n\n"),
        ("a folded line", build_request(b"X-A: b", b" c")),
        ("a space before the colon", build_request(b"X-A : b")),
        ("another encoding last", build_request(b"Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n")),
    ],
)
def test_an_ambiguous_request_is_refused(port: int, kind: str, sent: bytes) -> None:
    assert send_raw(port, sent).startswith(b"400"), kind


def test_a_head_is_accepted_up_to_the_limit(port: int) -> None:
    def with_a_field(length: int) -> bytes:
        return build_request(b"X-Long: " + b"a" * length, method=b"GET")

    assert send_raw(port, with_a_field(MAX_HEAD_BYTES - 200)) == b"200 0"
    assert send_raw(port, with_a_field(MAX_HEAD_BYTES)).startswith(b"400")
    assert send_raw(port, build_request(method=b"GET", path=b"/" + b"a" * MAX_HEAD_BYTES)).startswith(b"400")
    assert send_raw(
        port, build_request(*[b"X-%d: a" % n for n in range(MAX_HEAD_BYTES // 4)], method=b"GET")
    ).startswith(b"400")


def test_an_endless_field_is_aborted(port: int) -> None:
    begun = b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: "

    # The connection is closed while more comes in, so its 400 may be lost; what counts is that nothing waits.
    assert send_raw(port, begun, b"a" * (2 * READ + MAX_NON_BODY_BYTES)) in {b"", TOO_MUCH}


def test_endless_trailing_fields_are_aborted(port: int) -> None:
    body = b"1\r\nx\r\n0\r\n"
    trailing = b"".join(b"X-%d: a\r\n" % n for n in range(MAX_HEAD_BYTES))

    assert not send_raw(port, build_request(b"Transfer-Encoding: chunked"), body, trailing).startswith(b"200")


def test_two_pipelined_requests_are_answered_separately(port: int) -> None:
    long = build_request(b"Content-Length: 200000", body=b"x" * 200_000)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(long + build_request(b"Content-Length: 2", body=b"yy"))
        received = b""
        while received.count(b"HTTP/1.1") < 2 or not received.endswith(b"2"):
            more = line.recv(65536)
            assert more, received[-200:]  # the connection was closed
            received += more

    assert b"200000" in received


def test_an_earlier_request_does_not_affect_the_next(port: int) -> None:
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(3 * MAX_NON_BODY_BYTES // 1024):
        line.request("POST", "/", b"yy", {"X-Long": "a" * 1024})
        assert line.getresponse().read() == b"2"
    line.close()
