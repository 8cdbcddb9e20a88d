"""One POST to an address that another organization gave: https, to a public address, without redirects, bounded.

The name is resolved once; the connection goes to an address that was found, so that no second answer of a name server
leads elsewhere. A name of which any address is not public is refused as a whole. No proxy of the environment is used.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM, socket
from typing import Any, Final, cast
from urllib.parse import urlsplit

MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_HEAD_BYTES: Final = 16 * 1024
POST_SECONDS: Final = 10.0
"""For all of it: the name, the connection, the request and the answer."""
HTTPS_PORT: Final = 443
TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Addresses that a gateway translates to an IPv4 address, which may be any (RFC 6052, RFC 8215)."""


class PostProblem(StrEnum):
    """Why there is no answer. The values are stored."""

    BAD_ADDRESS = "bad-address"
    NO_SUCH_HOST = "no-such-host"
    PRIVATE_ADDRESS = "private-address"
    NO_CONNECTION = "no-connection"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too-slow"
    TOO_LARGE = "too-large"
    NO_HTTP = "no-http"


class PostFailed(Exception):
    """There is no answer that can be used."""

    def __init__(self, problem: PostProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """The status and the body of an answer. A redirect is an answer like any other, and is not followed."""

    status: int
    body: bytes


Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True)
class PostOptions:
    """How requests are made. `private_hosts` (host:port) are reached although their addresses are not public."""

    context: ssl.SSLContext
    private_hosts: frozenset[str] = frozenset()
    seconds: float = POST_SECONDS
    resolve: Resolve = resolve_host


def create_tls_context(authority: str = "") -> ssl.SSLContext:
    """Create the context that verifies certificates against the system's authorities and, from a file, another one."""
    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(authority)
    return context


def is_public_address(text: str) -> bool:
    """Return whether an address is one of the public Internet, and does not contain another one."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        is_other = address.ipv4_mapped or address.sixtofour or address.teredo or address.scope_id
        if is_other or any(address in network for network in TRANSLATED):
            return False
    return _is_global(address)


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def post_to_public_address(
    address: str, headers: Mapping[str, str], body: bytes, options: PostOptions
) -> PublicAnswer:
    """Send a POST request with a JSON body to an address of another organization. Raises PostFailed."""
    host, port, target = _parse_address(address)
    head = _build_head(host, port, target, headers, len(body))
    try:
        async with asyncio.timeout(options.seconds):
            addresses = await _find_addresses(host, port, options)
            raw = await _exchange(addresses, host, port, head + body, options.context)
    except TimeoutError as error:
        raise PostFailed(PostProblem.TOO_SLOW) from error
    return _parse_answer(raw)


def _parse_address(address: str) -> tuple[str, int, str]:
    """Return host, port and target of an https address. Raises PostFailed."""
    try:
        parts = urlsplit(address)
        port = HTTPS_PORT if parts.port is None else parts.port
    except ValueError as error:
        raise PostFailed(PostProblem.BAD_ADDRESS) from error
    is_plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    if not is_plain or parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or not port:
        raise PostFailed(PostProblem.BAD_ADDRESS)
    return parts.hostname, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _build_head(host: str, port: int, target: str, headers: Mapping[str, str], length: int) -> bytes:
    """Build request line and header fields. Raises PostFailed for a field that could begin another one."""
    name = f"[{host}]" if ":" in host else host
    fields = {
        "Host": name if port == HTTPS_PORT else f"{name}:{port}",
        "Content-Type": "application/json",
        "Content-Length": str(length),
        "Accept": "application/json",
        "Connection": "close",
        **headers,
    }
    if not all(text.isascii() and text.isprintable() for field in fields.items() for text in field):
        raise PostFailed(PostProblem.BAD_ADDRESS)
    lines = [f"POST {target} HTTP/1.1", *(f"{field}: {value}" for field, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def _find_addresses(host: str, port: int, options: PostOptions) -> Sequence[str]:
    """Resolve the host once. Raises PostFailed if it has no address, or one that is not public."""
    try:
        addresses = await options.resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise PostFailed(PostProblem.NO_SUCH_HOST) from error
    if not addresses:
        raise PostFailed(PostProblem.NO_SUCH_HOST)
    if f"{host}:{port}" not in options.private_hosts and not all(map(is_public_address, addresses)):
        raise PostFailed(PostProblem.PRIVATE_ADDRESS)
    return addresses


async def _exchange(addresses: Sequence[str], host: str, port: int, request: bytes, context: ssl.SSLContext) -> bytes:
    """Send a request to the first of these addresses that takes it, and return the bytes of the answer. Raises
    PostFailed."""
    reader, writer = await _connect(addresses, host, port, context)
    try:
        try:
            writer.write(request)
            await writer.drain()
        except OSError:
            pass  # a server may answer before it has read everything
        received = bytearray()
        while piece := await reader.read(MAX_HEAD_BYTES):
            received += piece
            if len(received) > MAX_HEAD_BYTES + MAX_ANSWER_BYTES:
                raise PostFailed(PostProblem.TOO_LARGE)
    except OSError as error:
        raise PostFailed(PostProblem.NO_CONNECTION) from error
    finally:
        writer.transport.abort()
    return bytes(received)


async def _connect(
    addresses: Sequence[str], host: str, port: int, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first of these addresses that answers, and verify the certificate of the host. Raises
    PostFailed."""
    for address in addresses:
        try:
            return await asyncio.open_connection(address, port, ssl=context, server_hostname=host)
        except ssl.SSLError as error:
            raise PostFailed(PostProblem.CERTIFICATE) from error
        except OSError:
            continue
    raise PostFailed(PostProblem.NO_CONNECTION)


def _parse_answer(raw: bytes) -> PublicAnswer:
    """Parse the bytes of an answer. Raises PostFailed."""
    response = HTTPResponse(cast("socket", _ReceivedBytes(raw)), method="POST")  # it only reads from it
    try:
        response.begin()
        body = response.read()  # of what was received, which is bounded
    except (HTTPException, ValueError) as error:
        raise PostFailed(PostProblem.NO_HTTP) from error
    if len(body) > MAX_ANSWER_BYTES:
        raise PostFailed(PostProblem.TOO_LARGE)
    return PublicAnswer(response.status, body)


class _ReceivedBytes:
    """Bytes that were received, in the place of a socket."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, *_: Any) -> BytesIO:
        """Return the bytes as a file."""
        return BytesIO(self._raw)
