"""Many files as one ZIP, sent while it is made: nothing is kept meanwhile, and its length is known first."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from zipstream import ZipStream

from app.asgi.files import SANDBOX, disposition

LONGEST = 120  # characters of a name: with the folder that somebody unpacks into, Windows takes no more than 260
FORBIDDEN = str.maketrans(dict.fromkeys("/\\:", "-") | dict.fromkeys('<>"|?*', None))


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive. `pieces` is called when its turn comes, and gives exactly `size` bytes."""

    name: str
    size: int
    pieces: Callable[[], Iterable[bytes]]


def archive(request: Request, members: Iterable[Member], name: str) -> Response:
    """The answer. Files are stored as they are: a DOCX or PDF is compressed already. For HEAD none is read."""
    made = ZipStream(sized=True)
    for member in members:
        made.add(_when_asked(member.pieces), member.name, size=member.size)
    headers = {
        "Content-Disposition": disposition("attachment", name),
        "Content-Security-Policy": SANDBOX,
        "Content-Length": str(len(made)),
    }
    if getattr(request.state, "is_head", False):
        return Response(media_type="application/zip", headers=headers)
    return StreamingResponse(cast("Iterator[bytes]", iter(made)), media_type="application/zip", headers=headers)


def _when_asked(pieces: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    """Opens nothing before its turn."""
    yield from pieces()


class Names:
    """Names for files: fit for every file system, short, and each given once (letters' case aside)."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def of(self, stem: str, ending: str) -> str:
        """A name like `stem` with that ending; a second one like it is numbered."""
        plain = unicodedata.normalize("NFC", stem).translate(FORBIDDEN)
        plain = (
            "".join(letter for letter in plain if unicodedata.category(letter)[0] != "C")[:LONGEST].strip(" .") or "_"
        )
        name, times = f"{plain}{ending}", 1
        while name.casefold() in self._given:
            times += 1
            name = f"{plain} ({times}){ending}"
        self._given.add(name.casefold())
        return name
