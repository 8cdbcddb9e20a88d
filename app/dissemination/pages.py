"""Pages of the catalogue: each is written once for a language and a class of readers, then only copied.

Of its reader a page shows nothing but the name and the token of the form that signs them out; these are put in last.
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

# Of the private use area, which no text of ours holds (`app.core.inputs`): where the name and the token will stand.
NAME, TOKEN = "\ue001", "\ue002"
OWN = re.compile(f"({NAME}|{TOKEN})")


class Kind(NamedTuple):
    """Which written page: of the same kind it is the same, but for its reader's name and token. `query` is part of the
    address, as we would write it."""

    path: str
    query: str
    language: str
    membership: Membership | None
    doubted: datetime | None


@dataclass(frozen=True, slots=True)
class Anybody:
    """Whoever of a class of readers will read the page."""

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
    """The page at this address for whoever reads; `values` gives what the template needs, in a language.

    The same path, with the same `query` as we understood it, is the same page.
    """
    reader: Reader | None = request.state.reader
    language, doubted = library.pages.language(request), library.keeper.doubted_since()

    def write() -> list[bytes]:
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
        return [piece.encode() for piece in OWN.split(text)]

    kind = Kind(request.scope["path"], urlencode(query), language, membership_of(reader), doubted)
    whole = completed(catalogue.page(kind, write), reader, request.state.form_token)
    return library.pages.remembering(request, library.pages.answer(language, whole))


def membership_of(reader: Reader | None) -> Membership | None:
    """The class of a reader; None of those whom nobody knows."""
    return reader.membership if reader else None


def completed(pieces: Sequence[bytes], reader: Reader | None, token: str) -> bytes:
    """The page with the name of its reader and the token of the form that signs them out, if somebody is signed in."""
    if reader is None:
        return b"".join(pieces)
    own = {NAME.encode(): escape(reader.name).encode(), TOKEN.encode(): token.encode()}
    return b"".join([own.get(piece, piece) for piece in pieces])
