"""HTTP client for the identity provider, bounded in time and size; no redirects, no proxy from the environment.

Network failures become `ProviderUnavailable`; responses that cannot be valid become `OidcVerificationError`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache, partial

import httpx2

from app.http.oidc.errors import OidcVerificationError, ProviderUnavailable
from app.http.oidc.strict_json import JSONObject, parse_json_object

TransportFactory = Callable[[], httpx2.AsyncBaseTransport]

STEP_TIMEOUT = 5.0
TOTAL_TIMEOUT = 10.0
MAX_RESPONSE_BYTES = 256 * 1024
# No compression: the size on the wire is the size in memory.
UNCOMPRESSED_HEADERS = {"accept-encoding": "identity"}


def create_network_transport() -> TransportFactory:
    """Create transports to the real network, sharing one TLS context with the certificate authorities of the system."""
    return partial(httpx2.AsyncHTTPTransport, verify=_create_tls_context(), trust_env=False)


@cache
def _create_tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


class _BoundedBody(httpx2.AsyncByteStream):
    """A response body of at most `MAX_RESPONSE_BYTES`; a longer one raises OidcVerificationError."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self.body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self.body:
            size += len(chunk)
            if size > MAX_RESPONSE_BYTES:
                raise OidcVerificationError("answer-too-large")
            yield chunk

    async def aclose(self) -> None:
        await self.body.aclose()


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Transport that aborts responses which are too large, compressed or redirects."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Raises OidcVerificationError for a compressed response or a redirect."""
        response = await self.inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise OidcVerificationError("answer-compressed")
        if 300 <= response.status_code < 400:
            raise OidcVerificationError("answer-redirects")
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous transport answers with an asynchronous stream")
        response.stream = _BoundedBody(response.stream)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


@contextmanager
def network_errors_as_unavailable() -> Iterator[None]:
    """Context manager for network calls. Raises ProviderUnavailable for any network failure inside."""
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, TimeoutError, OSError) as error:
        raise ProviderUnavailable from error


@asynccontextmanager
async def within_time_limit() -> AsyncIterator[None]:
    """Async context manager: limit everything inside to `TOTAL_TIMEOUT` seconds. Raises ProviderUnavailable."""
    with network_errors_as_unavailable():
        async with asyncio.timeout(TOTAL_TIMEOUT):
            yield


async def fetch_json_object(transport: TransportFactory, url: str, cause: str, bearer: str = "") -> JSONObject:
    """GET a JSON object.

    Raises ProviderUnavailable if the server fails or does not answer, OidcVerificationError with this cause for any
    other response.
    """
    headers = {**UNCOMPRESSED_HEADERS, "accept": "application/json"} | (
        {"authorization": f"Bearer {bearer}"} if bearer else {}
    )
    async with (
        within_time_limit(),
        httpx2.AsyncClient(
            transport=BoundedTransport(transport()), timeout=STEP_TIMEOUT, trust_env=False, follow_redirects=False
        ) as client,
    ):
        response = await client.get(url, headers=headers)
    if response.status_code >= 500 or response.status_code == 429:
        with network_errors_as_unavailable():
            response.raise_for_status()
    if response.status_code != 200:
        raise OidcVerificationError(cause)
    return parse_json_object(response.content, cause)
