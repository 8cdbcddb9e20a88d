"""Files that are absent, altered, or of another length than noted."""

from collections.abc import Iterator

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.errors import DomainError
from app.core.storage import CorruptFile, Store
from app.domain.preservation import queries as preservation
from app.domain.preservation.queries import UNKNOWN_SIZE
from app.domain.releases.models import ReleasedFile

FileLengths = set[tuple[str, int]]
"""Pairs of digest and length; two tables may disagree about the length of one file."""


def list_released_files(session: ReadSession) -> FileLengths:
    """Return digest and length of all released files, with the PDF of each that has one."""
    texts = select(ReleasedFile.sha256, ReleasedFile.size)
    pdfs = select(ReleasedFile.pdf, ReleasedFile.pdf_size).where(ReleasedFile.pdf.is_not(None))
    return {(sha256, size) for sha256, size in session.execute(texts.union(pdfs))}


def count_digests(files: FileLengths) -> int:
    """Count the distinct digests."""
    return len({sha256 for sha256, _ in files})


def find_damaged_files(store: Store, files: FileLengths) -> Iterator[str]:
    """Yield a fault for each file that is absent, altered, or of another length than noted."""
    for sha256, size in sorted(files):
        try:
            length = sum(len(piece) for piece in store.iter_chunks(sha256))
        except CorruptFile:
            yield f"file {sha256} was altered"
        except DomainError as refusal:
            yield f"file {sha256}: {refusal.reason}"
        else:
            if size not in (length, UNKNOWN_SIZE):
                yield f"file {sha256} has {length} bytes, not {size}"


def find_absent_files(store: Store, files: FileLengths) -> Iterator[str]:
    """Yield a fault for each file that is absent or of another length than noted, without reading it."""
    for sha256, size in sorted(files):
        try:
            length = store.size(sha256)
        except DomainError as refusal:
            yield f"file {sha256}: {refusal.reason}"
        else:
            if size not in (length, UNKNOWN_SIZE):
                yield f"file {sha256} has {length} bytes, not {size}"


def find_noted_damage(session: ReadSession) -> Iterator[str]:
    """Yield the damaged files that the worker noted."""
    for damage in preservation.list_damaged_files(session):
        yield f"file {damage.sha256} ({damage.shelf}): {damage.fault}"
