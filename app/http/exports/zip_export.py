"""Stream many files as one ZIP: nothing is stored meanwhile, and its length is known beforehand."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Self, cast

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from zipstream import ZipStream

from app.http.downloads import SANDBOX_POLICY, content_disposition

MAX_FILES = 2_000
MAX_BYTES = 4 * 10**9  # of one ZIP
MAX_NAME_LENGTH = (
    120  # characters of a name: Windows allows 260 for the whole path, including the folder it is unpacked into
)
FORBIDDEN_CHARACTERS = str.maketrans(dict.fromkeys("/\\:", "-") | dict.fromkeys('<>"|?*', None))


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A file in the archive. `open_chunks` is called when the file is due, and yields exactly `size` bytes."""

    name: str
    size: int
    open_chunks: Callable[[], Iterable[bytes]]

    @classmethod
    def from_bytes(cls, name: str, content: bytes) -> Self:
        """Build the member of a file that is at hand."""
        return cls(name, len(content), lambda: [content])


def fits_into_zip(sizes: Collection[int]) -> bool:
    """Return whether files of these sizes may be sent as one ZIP."""
    return len(sizes) <= MAX_FILES and sum(sizes) <= MAX_BYTES


def zip_response(request: Request, members: Iterable[ZipMember], name: str) -> Response:
    """Return files as a ZIP download, uncompressed: DOCX and PDF are compressed already. HEAD reads no file."""
    stream = ZipStream(sized=True)
    for member in members:
        stream.add(_open_lazily(member.open_chunks), member.name, size=member.size)
    headers = {
        "Content-Disposition": content_disposition("attachment", name),
        "Content-Security-Policy": SANDBOX_POLICY,
        "Content-Length": str(len(stream)),
    }
    if getattr(request.state, "is_head", False):
        return Response(media_type="application/zip", headers=headers)
    return StreamingResponse(cast("Iterator[bytes]", iter(stream)), media_type="application/zip", headers=headers)


def _open_lazily(pieces: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    """Open a file only when its first chunk is requested."""
    yield from pieces()


class UniqueFileNames:
    """File names valid on every file system, short, and unique without regard to case."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unique_name(self, stem: str, ending: str) -> str:
        """Return a name made from `stem` and `ending`; repeated names are numbered."""
        plain = unicodedata.normalize("NFC", stem).translate(FORBIDDEN_CHARACTERS)
        plain = (
            "".join(character for character in plain if unicodedata.category(character)[0] != "C")[
                :MAX_NAME_LENGTH
            ].strip(" .")
            or "_"
        )
        name, count = f"{plain}{ending}", 1
        while name.casefold() in self._used:
            count += 1
            name = f"{plain} ({count}){ending}"
        self._used.add(name.casefold())
        return name
