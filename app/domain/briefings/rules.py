"""Who may take a pack and keep the notes of a delegation; what a pack contains, and what is new in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.inspection import PDF
from app.core.permissions import Permission
from app.domain.bodies.rules import BelongsToBody, BelongsToEntity, has_seat, is_delegate
from app.domain.briefings.models import PackFormat

TAKE_PACK: Permission[BelongsToBody] = Permission(
    "pack:take", _("Download the documents of a meeting as a pack"), has_seat
)
KEEP_BRIEFING: Permission[BelongsToEntity] = Permission(
    "briefing:keep", _("Keep the briefing file of one’s delegation, with private notes"), is_delegate
)


class FileOfMeeting(Protocol):
    """A file of a document in one language, and its PDF if one was made of it."""

    document_id: UUID
    symbol: str
    edition: str
    is_whole_text: bool
    original: str
    language: str
    media: str
    size: int
    sha256: str
    pdf: str | None
    pdf_size: int | None


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """A file that goes into a pack. `symbol` is that of the document if a revision replaces the file, so that the name
    made from it stays; otherwise that of the addendum or corrigendum."""

    document_id: UUID
    symbol: str
    edition: str
    language: str
    media: str
    size: int
    sha256: str


def choose_files(files: Iterable[FileOfMeeting], language: str, wanted: PackFormat) -> Iterator[ChosenFile]:
    """Choose of each edition the file in this language, else in the original one, in the wanted format. `files` are
    ordered by edition."""
    for _edition, group in groupby(files, key=lambda file: file.edition):
        by_language = {file.language: file for file in group}
        first = next(iter(by_language.values()))
        yield from _choose_formats(by_language.get(language) or by_language.get(first.original) or first, wanted)


def _choose_formats(file: FileOfMeeting, wanted: PackFormat) -> Iterator[ChosenFile]:
    """Yield the file as submitted, its PDF, or both; without a PDF the file as submitted."""
    name = file.symbol if file.is_whole_text else file.edition
    about = file.document_id, name, file.edition, file.language
    has_pdf = file.pdf is not None and file.media != PDF
    if wanted is not PackFormat.PDF or not has_pdf:
        yield ChosenFile(*about, file.media, file.size, file.sha256)
    if wanted is not PackFormat.SUBMITTED and has_pdf and file.pdf and file.pdf_size is not None:
        yield ChosenFile(*about, PDF, file.pdf_size, file.pdf)


@dataclass(frozen=True, slots=True)
class PackDifference:
    """The paths of files that are new in a pack, or changed, and of those that are no longer in it."""

    added: frozenset[str]
    changed: frozenset[str]
    removed: tuple[str, ...]

    @property
    def news(self) -> frozenset[str]:
        """The paths of the files that a refresh contains."""
        return self.added | self.changed


def compare_packs(former: Mapping[str, str], present: Mapping[str, str]) -> PackDifference:
    """Compare the digests of two packs by path."""
    shared = former.keys() & present.keys()
    return PackDifference(
        frozenset(present.keys() - former.keys()),
        frozenset(path for path in shared if former[path] != present[path]),
        tuple(sorted(former.keys() - present.keys())),
    )
