"""Middleware that answers from the page cache before routing: it checks the cookie and copies the cached page.

Pages enter the cache through their route alone, behind its guard, for one class of readers. Here the reader in the
cookie gets the cached page of their language and class, or the request goes on to its route.
"""

from typing import Final, cast

from fastapi import Response
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.i18n import negotiate_language, parse_accept_language
from app.dissemination.page_cache import PageKey, compress_public_page, fill_placeholders, reader_membership
from app.dissemination.reader_sessions import READER_STATE_KEY, find_live_reader, reader_audience
from app.dissemination.state import ReadPathState
from app.http.csrf import create_form_token

FILES_PATH_SEGMENT: Final = "/files/"
"""Paths of files, which are not cached here."""


class ResponseCacheMiddleware:
    """ASGI middleware in front of the routes of the read path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["method"] == "GET" and FILES_PATH_SEGMENT not in scope["path"]
        response = await self.cached_response(scope) if is_page else None
        await (response or self.app)(scope, receive, send)

    async def cached_response(self, scope: Scope) -> Response | None:
        """Return the cached page for this request, if it was rendered for such a reader before."""
        state, headers = cast("ReadPathState", scope["app"].state.read_path), Headers(scope=scope)
        if (catalogues := state.refresher.current_catalogues) is None:
            return None
        cookies = cookie_parser(headers.get("cookie", ""))
        reader = scope.setdefault("state", {})[READER_STATE_KEY] = await find_live_reader(state, cookies)
        language = negotiate_language(
            [cookies.get(state.templates.language_cookie), *parse_accept_language(headers.get("accept-language"))]
        )
        query = scope["query_string"].decode("latin-1")
        key = PageKey(scope["path"], query, language, reader_membership(reader), state.refresher.stale_since())
        if (pieces := catalogues[reader_audience(reader)].find_cached_page(key)) is None:
            return None
        token = create_form_token(state.session_secret, reader.id) if reader else ""
        response = state.templates.html_response(language, fill_placeholders(pieces, reader, token))
        return compress_public_page(response, key, headers)
