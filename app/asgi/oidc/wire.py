"""HTTP client for the identity provider, bounded in time and size; no redirects, no proxy from the environment.

Network failures become `Unavailable`; responses that cannot be valid become `OidcVerificationError`.
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
# No compression: the size on the wire is the size in memory.
PLAIN = {"accept-encoding": "identity"}


def over_the_network() -> Transport:
    """Create transports to the real network, sharing one TLS context with the certificate authorities of the system."""
    return partial(httpx2.AsyncHTTPTransport, verify=ssl.create_default_context(), trust_env=False)


class _BoundedBody(httpx2.AsyncByteStream):
    """A response body of at most `MAX_RESPONSE_BYTES`; a longer one raises OidcVerificationError."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self.body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self.body:
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise Untrusted("answer-too-large")
            yield chunk

    async def aclose(self) -> None:
        await self.body.aclose()


class Bounded(httpx2.AsyncBaseTransport):
    """Transport that aborts responses which are too large, compressed or redirects."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Raises OidcVerificationError for a compressed response or a redirect."""
        response = await self.inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Untrusted("answer-compressed")
        if 300 <= response.status_code < 400:
            raise Untrusted("answer-redirects")
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous transport answers with an asynchronous stream")
        response.stream = _BoundedBody(response.stream)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


@contextmanager
def failures_said_plainly() -> Iterator[None]:
    """Context manager for network calls. Raises Unavailable for any network failure inside."""
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, TimeoutError, OSError) as error:
        raise Unavailable(
            say("The sign-in service does not answer just now. Please try again in a few minutes.")
        ) from error


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Async context manager: limit everything inside to `TOTAL_TIMEOUT` seconds. Raises Unavailable."""
    with failures_said_plainly():
        async with asyncio.timeout(WHOLE_SECONDS):
            yield


async def fetch_object(http: Transport, address: str, cause: str, bearer: str = "") -> JSONObject:
    """GET a JSON object.

    Raises Unavailable if the server fails or does not answer, OidcVerificationError with this cause for any other
    response.
    """
    headers = {**PLAIN, "accept": "application/json"} | ({"authorization": f"Bearer {bearer}"} if bearer else {})
    async with (
        in_time(),
        httpx2.AsyncClient(
            transport=Bounded(http()), timeout=STEP_SECONDS, trust_env=False, follow_redirects=False
        ) as client,
    ):
        response = await client.get(address, headers=headers)
    if response.status_code >= 500 or response.status_code == 429:
        with failures_said_plainly():
            response.raise_for_status()
    if response.status_code != 200:
        raise Untrusted(cause)
    return read_object(response.content, cause)
