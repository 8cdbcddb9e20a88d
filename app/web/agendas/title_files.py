"""Files with translated agenda titles that were handed in: read by the service for untrusted files, then parsed."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO

from fastapi import UploadFile

from app.core.db import release_connection
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.inspection import to_display_name
from app.core.inspection.display_names import display_extension
from app.core.interchange.reading import XliffItem, XliffReading, read_xliff_file
from app.core.interchange.xliff import ITEM_UNIT_PREFIX, XLIFF_EXTENSIONS
from app.domain.agendas.inputs import TranslatedItemTitle
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.http.page_context import WriteContext
from app.web.forms.file_fields import FILE_REQUIRED, count_refusal
from app.web.forms.parsing import ParsedForm, parse_form
from app.web.forms.received_files import unpack_received_file, write_to_disk
from app.web.views.agendas.translated_titles import TitleLine

MAX_FILES = 20
"""Files that are handed in at once, with those in ZIP files."""


def build_titles_key(meeting: Meeting) -> str:
    """Build the key by which a file says of which agenda its titles are."""
    return f"agenda.{meeting.id.hex}"


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
    """Yield name and content of each file, and of those in ZIP files, each in a temporary file of its own."""
    for file in files:
        for offered in unpack_received_file(context, stack, file):
            copy = stack.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
            copy.writelines(offered.iter_blocks())
            yield offered.name, write_to_disk(copy)


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


def parse_titles(readings: Iterable[XliffReading]) -> tuple[list[TranslatedItemTitle], list[TitleLine]]:
    """Parse the titles that are translated, and list those that cannot be titles."""
    titles, wrong = [], []
    for reading in readings:
        for item in reading.items:
            entry = _parse_title(reading, item)
            if entry.value:
                titles.append(entry.value)
            elif item.target.strip():
                reason = next(iter(entry.errors.values()))
                wrong.append(TitleLine("", reading.language or "", item.target, "", reason))
    return titles, wrong


def _parse_title(reading: XliffReading, item: XliffItem) -> ParsedForm[TranslatedItemTitle]:
    typed = {
        "item": item.name.removeprefix(ITEM_UNIT_PREFIX),
        "language": reading.language or "",
        "source_language": reading.source_language or "",
        "source": item.source,
        "title": item.target,
    }
    return parse_form(TranslatedItemTitle, typed)
