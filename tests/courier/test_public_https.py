"""Requests to addresses of other organizations: https to public addresses alone, bounded, without redirects."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from app.cli.new_installation.certificates import CertificateAuthority
from app.core.exchange.public_https import (
    MAX_ANSWER_BYTES,
    MAX_HEAD_BYTES,
    PostFailed,
    PostOptions,
    PostProblem,
    PublicAnswer,
    create_tls_context,
    is_public_address,
    post_to_public_address,
)

AUTHORITY = CertificateAuthority("receivers of tests", timedelta(days=1))
OTHER_AUTHORITY = CertificateAuthority("of somebody else", timedelta(days=1))
OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
FIELDS = {"Liaison-Key": "key"}


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "127.1", "0x7f000001", "localhost"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::"),
    ],
)
def test_these_addresses_are_not_public(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "193.0.6.139", "2606:4700::1111"])
def test_these_addresses_are_public(address: str) -> None:
    assert is_public_address(address)


def addresses(*found: str) -> Callable[[str, int], object]:
    """A name server that answers with these, and counts its questions."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        resolve.asked += 1
        return found

    resolve.asked = 0
    return resolve


@asynccontextmanager
async def receiver(
    folder: Path, answer: Sequence[bytes], *, authority: CertificateAuthority = AUTHORITY, wait: float = 0
):
    """A server of an organization on this machine; yields its port and the requests that reached it."""
    key, certificate = authority.issue("inbox.example.org")
    (folder / "server.pem").write_text(key + certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        await asyncio.sleep(wait)
        for piece in answer:
            writer.write(piece)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], requests
    finally:
        server.close()


def post(
    folder: Path,
    *answer: bytes,
    found: Sequence[str] = ("127.0.0.1",),
    is_trusted: bool = True,
    authority: CertificateAuthority = AUTHORITY,
    wait: float = 0,
    seconds: float = 60,
    path: str = "/liaisons?x=1",
) -> tuple[PublicAnswer, list[bytes], int]:
    """Post to a server of an organization, whose host is `inbox.example.org`."""
    (folder / "authority.pem").write_text(AUTHORITY.certificate)
    resolve = addresses(*found)

    async def run() -> tuple[PublicAnswer, list[bytes], int]:
        async with receiver(folder, answer, authority=authority, wait=wait) as (port, requests):
            context = create_tls_context(str(folder / "authority.pem"))
            trusted = frozenset({f"inbox.example.org:{port}"} if is_trusted else ())
            options = PostOptions(context, trusted, seconds, resolve)
            address = f"https://inbox.example.org:{port}{path}"
            try:
                return await post_to_public_address(address, FIELDS, b'{"a":1}', options), requests, resolve.asked
            except PostFailed:
                assert not (requests and not is_trusted)
                raise

    return asyncio.run(run())


def test_an_answer_is_returned_and_the_name_is_resolved_once(tmp_path: Path) -> None:
    answer, requests, asked = post(tmp_path, OK)

    assert answer == PublicAnswer(202, b"{}")
    assert asked == 1
    assert requests[0].startswith(b"POST /liaisons?x=1 HTTP/1.1\r\nHost: inbox.example.org:")
    assert b"\r\nLiaison-Key: key\r\n" in requests[0]


def test_a_chunked_answer_is_returned_as_one(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert post(tmp_path, head, b"2\r\n{}\r\n0\r\n\r\n")[0] == PublicAnswer(200, b"{}")


@pytest.mark.parametrize(
    "found", [("127.0.0.1",), ("8.8.8.8", "127.0.0.1"), ("::ffff:127.0.0.1",), ("169.254.169.254",)]
)
def test_nothing_is_sent_to_a_host_with_any_address_that_is_not_public(tmp_path: Path, found: Sequence[str]) -> None:
    with pytest.raises(PostFailed) as failure:
        post(tmp_path, OK, found=found, is_trusted=False)

    assert failure.value.problem is PostProblem.PRIVATE_ADDRESS


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(tmp_path: Path, status: int) -> None:
    redirect = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n".encode()

    answer, requests, asked = post(tmp_path, redirect)

    assert (answer, len(requests), asked) == (PublicAnswer(status, b""), 1, 1)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (MAX_ANSWER_BYTES + 1)), PostProblem.TOO_LARGE),
        ((b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * MAX_HEAD_BYTES, b"x" * MAX_ANSWER_BYTES), PostProblem.TOO_LARGE),
        ((b"SSH-2.0-OpenSSH_9\r\n",), PostProblem.NO_HTTP),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",), PostProblem.NO_HTTP),
        ((), PostProblem.NO_HTTP),
    ],
)
def test_an_answer_that_is_too_large_or_none_is_refused(
    tmp_path: Path, answer: Sequence[bytes], problem: PostProblem
) -> None:
    with pytest.raises(PostFailed) as failure:
        post(tmp_path, *answer)

    assert failure.value.problem is problem


def test_a_server_that_does_not_answer_in_time_is_left(tmp_path: Path) -> None:
    with pytest.raises(PostFailed) as failure:
        post(tmp_path, OK, wait=5, seconds=0.5)

    assert failure.value.problem is PostProblem.TOO_SLOW


def test_a_certificate_of_somebody_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PostFailed) as failure:
        post(tmp_path, OK, authority=OTHER_AUTHORITY)

    assert failure.value.problem is PostProblem.CERTIFICATE


@pytest.mark.parametrize(
    "address",
    [
        "http://inbox.example.org/",
        "https://user@inbox.example.org/",
        "https://inbox.example.org/a b",
        "https://inbox.example.org/\r\nX: y",
        "https:///",
        "https://inbox.example.org:0/",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused(address: str) -> None:
    options = PostOptions(create_tls_context(), resolve=addresses("8.8.8.8"))

    with pytest.raises(PostFailed) as failure:
        asyncio.run(post_to_public_address(address, FIELDS, b"", options))

    assert failure.value.problem is PostProblem.BAD_ADDRESS


def test_a_header_field_cannot_begin_another_one() -> None:
    options = PostOptions(create_tls_context(), resolve=addresses("8.8.8.8"))

    with pytest.raises(PostFailed):
        asyncio.run(post_to_public_address("https://inbox.example.org/", {"A": "b\r\nC: d"}, b"", options))
