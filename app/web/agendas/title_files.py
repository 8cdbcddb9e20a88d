"""Files with translated agenda titles that were handed in, read by the service for untrusted files."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO

from fastapi import UploadFile

from app.core.db import release_connection
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.inspection import to_display_name
from app.core.inspection.display_names import display_extension
from app.core.interchange.archive import ARCHIVE_EXTENSION
from app.core.interchange.reading import UnpackedFile, XliffReading, open_archive, read_xliff_file
from app.core.interchange.xliff import XLIFF_EXTENSIONS
from app.domain.files import queries as file_queries
from app.http.page_context import WriteContext
from app.web.forms.file_fields import FILE_REQUIRED, count_refusal

MAX_FILES = 20
"""Files that are handed in at once, with those in ZIP files."""


def read_title_files(context: WriteContext, key: str, files: Sequence[UploadFile]) -> list[XliffReading]:
    """Read files of titles that left under this key, while no database connection is held.

    Raises BadRequest for none, too many or other files; FileRefused, TooManyRequests, Unavailable.
    """
    if not files:
        raise BadRequest(FILE_REQUIRED)
    file_queries.require_no_pause(context.session, context.actor.person)
    release_connection(context.session)
    readings: list[XliffReading] = []
    with ExitStack() as stack:
        for name, content in _iter_files(context, stack, files):
            if len(readings) == MAX_FILES:
                raise BadRequest(_("Upload at most %(most)s files at once.", most=MAX_FILES))
            readings.append(_read_file(context, key, name, content))
    return readings


def _iter_files(context: WriteContext, stack: ExitStack, files: Sequence[UploadFile]) -> Iterator[tuple[str, BinaryIO]]:
    """Yield name and content of each file, and of those in ZIP files."""
    for file in files:
        name, content = file.filename or "", _write_to_disk(file.file)
        if display_extension(name) != ARCHIVE_EXTENSION:
            yield name, content
            continue
        with count_refusal(context):
            members = stack.enter_context(open_archive(content, party=context.actor.entity))
        for member in members:
            yield member.name, _copy_member(stack, member)


def _copy_member(stack: ExitStack, member: UnpackedFile) -> BinaryIO:
    """Copy a file of an archive to a temporary file of its own."""
    copy = stack.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
    member.content.seek(member.offset)
    copy.write(member.content.read(member.size))
    return _write_to_disk(copy)


def _write_to_disk(file: BinaryIO) -> BinaryIO:
    """Return a file that another process can read: what is in memory is written to disk first."""
    file.fileno()
    file.flush()
    return file


def _read_file(context: WriteContext, key: str, name: str, content: BinaryIO) -> XliffReading:
    """Read one file. Raises BadRequest if it is of another kind or of another agenda; FileRefused, Unavailable."""
    if display_extension(name) not in XLIFF_EXTENSIONS:
        raise BadRequest(_("%(name)s: upload XLIFF files, or one ZIP file of them.", name=to_display_name(name)))
    with count_refusal(context):
        reading = read_xliff_file(content, party=context.actor.entity)
    if reading.key != key or not reading.language or not reading.source_language:
        raise BadRequest(
            _(
                "%(name)s: this file does not contain titles of this agenda. Use the files that you download here.",
                name=to_display_name(name),
            )
        )
    return reading
