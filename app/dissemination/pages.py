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

from app.core.i18n import Text
from app.dissemination.catalogue import Catalogue
from app.dissemination.library import Library
from app.dissemination.readers import Reader
from app.domain.identity.claims import Membership

# Placeholders from the private use area, which our texts cannot contain (`app.core.inputs`).
NAME, TOKEN = "\ue001", "\ue002"
OWN = re.compile(f"({NAME}|{TOKEN})")


class Kind(NamedTuple):
    """Key of a cached page: equal keys give the same page except for name and token. `query` is in canonical form."""

    path: str
    query: str
    language: str
    membership: Membership | None
    doubted: datetime | None


@dataclass(frozen=True, slots=True)
class Anybody:
    """Stands for any reader of a class while a page is rendered for the cache."""

    membership: Membership
    name: str = NAME

    @property
    def acts_for(self) -> None:
        return None

    @property
    def capacity(self) -> Text:
        return Reader("", "", self.membership).capacity


def shown(
    request: Request,
    library: Library,
    catalogue: Catalogue,
    template: str,
    values: Callable[[str], Mapping[str, object]],
    *,
    query: tuple[tuple[str, str], ...] = (),
) -> Response:
    """Return the page at this URL for the current reader, rendered or from the cache.

    `template_values` computes the values of the template in a language. Path and canonical `query` identify the page.
    """
    reader: Reader | None = request.state.reader
    language, doubted = library.pages.language(request), library.keeper.doubted_since()

    def render() -> list[bytes]:
        text = library.pages.written(
            language,
            template,
            query,
            reader=Anybody(reader.membership) if reader else None,
            menu=request.state.menu,
            form_token=TOKEN,
            done=None,
            doubted=doubted,
            is_public=catalogue.is_public,
            **values(language),
        )
        return [chunk.encode() for chunk in OWN.split(text)]

    key = Kind(request.scope["path"], urlencode(query), language, membership_of(reader), doubted)
    content = completed(catalogue.page(key, render), reader, request.state.form_token)
    return library.pages.remembering(request, library.pages.answer(language, content))


def membership_of(reader: Reader | None) -> Membership | None:
    """Return the membership category of a reader; None without a reader."""
    return reader.membership if reader else None


def completed(pieces: Sequence[bytes], reader: Reader | None, token: str) -> bytes:
    """Fill in the name of the reader and the token of the sign-out form, if somebody is signed in."""
    if reader is None:
        return b"".join(pieces)
    replacements = {NAME.encode(): escape(reader.name).encode(), TOKEN.encode(): token.encode()}
    return b"".join([replacements.get(chunk, chunk) for chunk in pieces])
