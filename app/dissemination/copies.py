"""What was written for a reader once is given again before anything else is asked: a cookie check and a copy.

A page gets among the written ones by its route alone, behind its guard, for one class of readers. Here the reader in
the cookie finds the page of their language and class, or goes on to the route.
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
"""Files are no pages."""


class Copies:
    """Stands before the routes of the read path."""

    def __init__(self, app: ASGIApp, library: Library) -> None:
        self.app, self.library = app, library

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = scope["type"] == "http" and scope["method"] == "GET" and FILES not in scope["path"]
        answer = self.again(scope) if is_asked else None
        await (answer or self.app)(scope, receive, send)

    def again(self, scope: Scope) -> Response | None:
        """The answer to this request, if its page was written for such a reader before."""
        library, headers = self.library, Headers(scope=scope)
        if (held := library.keeper.held) is None:
            return None
        cookies = cookie_parser(headers.get("cookie", ""))
        reader = scope.setdefault("state", {})[KNOWN] = reader_of(library, cookies)
        language = choose([cookies.get(library.pages.cookie), *accepted(headers.get("accept-language"))])
        query = scope["query_string"].decode("latin-1")
        kind = Kind(scope["path"], query, language, membership_of(reader), library.keeper.doubted_since())
        if (pieces := held[audience_of(reader)].written(kind)) is None:
            return None
        token = form_token(library.secret, reader.id) if reader else ""
        return library.pages.answer(language, completed(pieces, reader, token))
