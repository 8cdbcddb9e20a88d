"""Cache of catalogue pages: each page is rendered once per language and class of readers, then copied.

Only the name of the reader and the CSRF token of the sign-out form differ between readers; they are filled in last.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import Headers

from app.core.compression import GZIP, accepts_gzip, compress_once
from app.core.i18n import LazyText
from app.dissemination.catalogue import Catalogue
from app.dissemination.reader_sessions import Reader
from app.dissemination.state import ReadPathState
from app.domain.identity.models.claims import MembershipCategory
from app.http.labels import MEMBERSHIP_LABELS

# Placeholders from the private use area, which our texts cannot contain (`app.core.validation`).
NAME_PLACEHOLDER, TOKEN_PLACEHOLDER = "\ue001", "\ue002"
PLACEHOLDERS = re.compile(f"({NAME_PLACEHOLDER}|{TOKEN_PLACEHOLDER})")


class PageKey(NamedTuple):
    """Key of a cached page: equal keys give the same page except for name and token. `query` is in canonical form."""

    path: str
    query: str
    language: str
    membership: MembershipCategory | None
    stale_since: datetime | None


@dataclass(frozen=True, slots=True)
class PlaceholderReader:
    """Represents any reader of a class while a page is rendered for the cache."""

    membership: MembershipCategory
    name: str = NAME_PLACEHOLDER

    @property
    def acts_for(self) -> None:
        return None

    @property
    def capacity(self) -> LazyText:
        return MEMBERSHIP_LABELS[self.membership]


def cached_page_response(
    request: Request,
    state: ReadPathState,
    catalogue: Catalogue,
    template: str,
    template_values: Callable[[str], Mapping[str, object]],
    *,
    query: tuple[tuple[str, str], ...] = (),
    is_final: bool = True,
) -> Response:
    """Return the page at this URL for the current reader, rendered or from the cache.

    `template_values` computes the values of the template in a language. Path and canonical `query` identify the page.
    One that is not final, since the texts are still being indexed, is not cached.
    """
    reader: Reader | None = request.state.reader
    language, doubted = state.templates.negotiate_language(request), state.refresher.stale_since()

    def render() -> list[bytes]:
        text = state.templates.render_page(
            language,
            template,
            query,
            reader=PlaceholderReader(reader.membership) if reader else None,
            menu=request.state.menu,
            form_token=TOKEN_PLACEHOLDER,
            done=None,
            doubted=doubted,
            is_public=catalogue.is_public,
            **template_values(language),
        )
        return [chunk.encode() for chunk in PLACEHOLDERS.split(text)]

    key = PageKey(request.scope["path"], urlencode(query), language, reader_membership(reader), doubted)
    pieces = catalogue.get_cached_page(key, render) if is_final else render()
    content = fill_placeholders(pieces, reader, request.state.form_token)
    response = state.templates.html_response(language, content)
    return state.templates.remember_language(request, compress_public_page(response, key, request.headers))


def compress_public_page(response: HTMLResponse, key: PageKey, headers: Headers) -> HTMLResponse:
    """Compress a page of the catalogue for somebody who is not signed in, if their browser accepts it.

    Such a page holds no secret. Pages of readers hold a name and a token, and pages with a query repeat what was sent:
    both stay as they are, so that their length tells nothing (BREACH).
    """
    if key.membership is not None or key.query:
        return response
    response.headers["Vary"] += ", Accept-Encoding"
    if accepts_gzip(headers.get("Accept-Encoding")) and (compressed := compress_once(bytes(response.body))):
        response.body = compressed
        response.headers["Content-Encoding"], response.headers["Content-Length"] = GZIP, str(len(compressed))
    return response


def reader_membership(reader: Reader | None) -> MembershipCategory | None:
    """Return the membership category of a reader; None without a reader."""
    return reader.membership if reader else None


def fill_placeholders(chunks: Sequence[bytes], reader: Reader | None, form_token: str) -> bytes:
    """Fill in the name of the reader and the token of the sign-out form, if somebody is signed in."""
    if reader is None:
        return b"".join(chunks)
    replacements = {
        NAME_PLACEHOLDER.encode(): escape(reader.name).encode(),
        TOKEN_PLACEHOLDER.encode(): form_token.encode(),
    }
    return b"".join([replacements.get(chunk, chunk) for chunk in chunks])
