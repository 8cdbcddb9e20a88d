"""HTTP to the identity provider, bounded in time and size; no redirect is followed, no proxy of the environment used.

What fails on the way becomes `Unavailable`; what arrives and cannot be meant for us becomes `Untrusted`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import httpx2

from app.asgi.oidc.notation import JSONObject, read_object
from app.asgi.oidc.refusal import Untrusted
from app.core.errors import Unavailable
from app.core.i18n import say

Transport = Callable[[], httpx2.AsyncBaseTransport]

STEP_SECONDS = 5.0
WHOLE_SECONDS = 10.0
LARGEST_ANSWER = 256 * 1024
# No compression: an answer is as large as it is on the wire.
PLAIN = {"accept-encoding": "identity"}


def over_the_network() -> Transport:
    """Transports to the real network, all with one TLS context (the system's certificate authorities)."""
    return partial(httpx2.AsyncHTTPTransport, verify=ssl.create_default_context(), trust_env=False)


class _BoundedBody(httpx2.AsyncByteStream):
    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self.body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self.body:
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise Untrusted("answer-too-large")
            yield piece

    async def aclose(self) -> None:
        await self.body.aclose()


class Bounded(httpx2.AsyncBaseTransport):
    """A transport that breaks off an answer which grows too large, comes compressed or points elsewhere."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.inner.handle_async_request(request)
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise Untrusted("answer-compressed")
        if 300 <= answer.status_code < 400:
            raise Untrusted("answer-redirects")
        if not isinstance(answer.stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous transport answers with an asynchronous stream")
        answer.stream = _BoundedBody(answer.stream)
        return answer

    async def aclose(self) -> None:
        await self.inner.aclose()


@contextmanager
def failures_said_plainly() -> Iterator[None]:
    """Any failure of the network inside is `Unavailable`."""
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, TimeoutError, OSError) as error:
        raise Unavailable(
            say("The sign-in service does not answer just now. Please try again in a few minutes.")
        ) from error


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Everything inside together takes no longer than `WHOLE_SECONDS`, however slowly the bytes drip."""
    with failures_said_plainly():
        async with asyncio.timeout(WHOLE_SECONDS):
            yield


async def fetch_object(http: Transport, address: str, cause: str, bearer: str = "") -> JSONObject:
    """GET a JSON object.

    Raises Unavailable if the other side fails or is silent, Untrusted (with that cause) if it answers anything else.
    """
    headers = {**PLAIN, "accept": "application/json"} | ({"authorization": f"Bearer {bearer}"} if bearer else {})
    async with (
        in_time(),
        httpx2.AsyncClient(
            transport=Bounded(http()), timeout=STEP_SECONDS, trust_env=False, follow_redirects=False
        ) as client,
    ):
        answer = await client.get(address, headers=headers)
    if answer.status_code >= 500 or answer.status_code == 429:
        with failures_said_plainly():
            answer.raise_for_status()
    if answer.status_code != 200:
        raise Untrusted(cause)
    return read_object(answer.content, cause)
