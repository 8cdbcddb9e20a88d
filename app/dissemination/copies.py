"""Middleware that answers from the page cache before routing: it checks the cookie and copies the cached page.

Pages enter the cache through their route alone, behind its guard, for one class of readers. Here the reader in the
cookie gets the cached page of their language and class, or the request goes on to its route.
"""

from typing import Final

from fastapi import Response
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from app.asgi.forms import form_token
from app.core.i18n import accepted, choose
from app.dissemination.library import Library
from app.dissemination.pages import Kind, completed, membership_of
from app.dissemination.readers import KNOWN, audience_of, reader_of

FILES: Final = "/files/"
"""Paths of files, which are not cached here."""


class Copies:
    """ASGI middleware in front of the routes of the read path."""

    def __init__(self, app: ASGIApp, library: Library) -> None:
        self.app, self.library = app, library

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["method"] == "GET" and FILES not in scope["path"]
        response = self.again(scope) if is_page else None
        await (response or self.app)(scope, receive, send)

    def again(self, scope: Scope) -> Response | None:
        """Return the cached page for this request, if it was rendered for such a reader before."""
        state, headers = self.library, Headers(scope=scope)
        if (catalogues := state.keeper.held) is None:
            return None
        cookies = cookie_parser(headers.get("cookie", ""))
        reader = scope.setdefault("state", {})[KNOWN] = reader_of(state, cookies)
        language = choose([cookies.get(state.pages.cookie), *accepted(headers.get("accept-language"))])
        query = scope["query_string"].decode("latin-1")
        key = Kind(scope["path"], query, language, membership_of(reader), state.keeper.doubted_since())
        if (pieces := catalogues[audience_of(reader)].written(key)) is None:
            return None
        token = form_token(state.secret, reader.id) if reader else ""
        return state.pages.answer(language, completed(pieces, reader, token))
