"""Files that a form hands in, each alone or from a ZIP file, before they are inspected."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO, Final

from fastapi import UploadFile

from app.core.inspection.display_names import display_extension
from app.core.interchange.archive import ARCHIVE_EXTENSION
from app.core.interchange.reading import open_archive
from app.http.page_context import WriteContext
from app.web.forms.file_fields import count_refusal

BLOCK_SIZE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file as it was handed in: where its bytes begin in `source`, and how many there are."""

    name: str
    source: BinaryIO
    offset: int
    size: int

    def iter_blocks(self) -> Iterator[bytes]:
        """Yield the bytes of the file."""
        remaining = self.size
        self.source.seek(self.offset)
        while remaining and (block := self.source.read(min(BLOCK_SIZE, remaining))):
            remaining -= len(block)
            yield block


def unpack_received_file(context: WriteContext, stack: ExitStack, file: UploadFile) -> list[ReceivedFile]:
    """Return a file, or the files in it if it is an archive by its name; they can be read until the stack ends. Raises
    FileRefused with the reason, or Unavailable."""
    name = file.filename or ""
    if display_extension(name) != ARCHIVE_EXTENSION:
        return [ReceivedFile(name, file.file, 0, file.size or 0)]
    with count_refusal(context):
        members = stack.enter_context(open_archive(write_to_disk(file.file), party=context.actor.entity))
    return [ReceivedFile(member.name, member.content, member.offset, member.size) for member in members]


def write_to_disk(file: BinaryIO) -> BinaryIO:
    """Return a file that another process can read: what is in memory is written to disk first."""
    file.fileno()
    file.flush()
    return file
