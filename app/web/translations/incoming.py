"""Files handed in as translations: each one is unpacked, inspected as any upload, and stored before the answer.

No database connection is held while files are inspected.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from fastapi import UploadFile

from app.core.db import release_connection
from app.core.errors import DomainError, PayloadTooLarge
from app.core.files.ingest import FileRefused, IngestedFile, build_too_large_error, inspect_and_scan
from app.core.files.partial_uploads import Chunk
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import to_display_name
from app.core.inspection.display_names import display_extension
from app.core.interchange.reading import read_xliff_file
from app.core.interchange.xliff import XLIFF_EXTENSIONS
from app.domain.bodies.queries.bodies import list_secretary_bodies
from app.domain.files import queries as file_queries
from app.domain.translations.actions import receiving
from app.domain.translations.inputs import ReceivedContent, TranslationKey
from app.domain.translations.queries import received
from app.domain.translations.rules.file_names import match_file_name
from app.domain.uploads import actions as uploads
from app.domain.uploads.actions import UploadChunk
from app.domain.uploads.inputs import NewUpload
from app.http.page_context import WriteContext
from app.web.forms.file_fields import count_refusal
from app.web.forms.received_files import ReceivedFile, unpack_received_file
from app.web.translations.exports import LIST_NAME

MAX_FILES: Final = 60
"""Files that are handed in at once, with those in archives."""
TOO_MANY_FILES = _("Upload at most %(most)s files at once.", most=MAX_FILES)
TITLES_OF_AGENDA = _("The file contains titles of an agenda. Upload it under “Titles for translation” of that agenda.")
TRAY_FULL = _("Too many uploaded files are waiting. Add or remove these first.")


@dataclass(frozen=True, slots=True)
class InspectedTranslation:
    """A file that passed the inspection, in a temporary file that becomes the upload."""

    name: str
    chunk: Chunk
    content: ReceivedContent
    key: TranslationKey | None


@dataclass(frozen=True, slots=True)
class RefusedTranslation:
    """A file that was not taken, and why."""

    name: str
    reason: LazyText


@dataclass(frozen=True, slots=True)
class ReceptionCase:
    """What has to be known while no connection is held: the limit of a file, and the translations that are due."""

    body_id: UUID
    max_size: int
    due: Sequence[tuple[TranslationKey, str]]


def receive_files(context: WriteContext, files: Sequence[UploadFile]) -> list[RefusedTranslation]:
    """Receive files and archives of files; they are durable when this returns. Return those that were refused.

    Raises TooManyRequests after many refused files.
    """
    file_queries.require_no_pause(context.session, context.actor.person)
    case = _load_case(context)
    refused: list[RefusedTranslation] = []
    with ExitStack() as stack:
        release_connection(context.session)
        inspected = []
        for offered in _iter_offered(context, stack, files, refused):
            try:
                with count_refusal(context):
                    inspected.append(_inspect(context, stack, case, offered))
            except (FileRefused, PayloadTooLarge) as refusal:
                refused.append(_describe_refusal(offered.name, refusal))
        refused += _store(context, case, inspected)
    return refused


def _load_case(context: WriteContext) -> ReceptionCase:
    """Load the limits and what is due. The caller has checked that the actor is a secretary."""
    bodies = list_secretary_bodies(context.session, context.actor)
    max_size = min([context.portal.settings.largest_file, *(body.largest_file for body in bodies)])
    return ReceptionCase(bodies[0].id, max_size, received.list_symbols_due(context.session, context.actor))


def _iter_offered(
    context: WriteContext, stack: ExitStack, files: Sequence[UploadFile], refused: list[RefusedTranslation]
) -> Iterator[ReceivedFile]:
    """Yield the files, with those of archives in their place. An archive that cannot be unpacked is refused as a whole,
    and so is every file beyond the number that is taken at once."""
    count = 0
    for file in files:
        for offered in _unpack(context, stack, file, refused):
            count += 1
            if count <= MAX_FILES:
                yield offered
            else:
                refused.append(RefusedTranslation(to_display_name(offered.name), TOO_MANY_FILES))


def _unpack(
    context: WriteContext, stack: ExitStack, file: UploadFile, refused: list[RefusedTranslation]
) -> list[ReceivedFile]:
    """Return a file, or the files in it if it is an archive, without the list that the portal puts into its own."""
    try:
        unpacked = unpack_received_file(context, stack, file)
    except FileRefused as refusal:
        refused.append(_describe_refusal(file.filename or "", refusal))
        return []
    return [each for each in unpacked if each.name.rpartition("/")[2] != LIST_NAME]


def _inspect(
    context: WriteContext, stack: ExitStack, case: ReceptionCase, offered: ReceivedFile
) -> InspectedTranslation:
    """Copy a file to the disk of the uploads, and inspect it. Raises FileRefused, PayloadTooLarge, Unavailable."""
    if offered.size > case.max_size:
        raise build_too_large_error(case.max_size)
    chunk = stack.enter_context(context.portal.partial_uploads.begin_receiving_chunk(0, offered.size))
    for block in offered.iter_blocks():
        chunk.update_digest([block])
        chunk.write([block])
    if display_extension(offered.name) in XLIFF_EXTENSIONS:
        return _read_xliff(context, case, offered, chunk)
    found = inspect_and_scan(
        *(chunk.whole_path, chunk.digest, chunk.length, offered.name, context.portal.scanner),
        party=context.actor.entity,
    )
    key = match_file_name(found.offered_name, case.due)
    return InspectedTranslation(found.offered_name, chunk, _describe_content(found), key)


def _describe_content(found: IngestedFile) -> ReceivedContent:
    """Describe a document that passed the inspection."""
    language = found.language if found.language in LANGUAGES else None
    return ReceivedContent(language, [finding.to_json() for finding in found.findings])


def _read_xliff(
    context: WriteContext, case: ReceptionCase, offered: ReceivedFile, chunk: Chunk
) -> InspectedTranslation:
    """Read an XLIFF file. It says itself which translation it is of; else its name does. Raises FileRefused."""
    reading = read_xliff_file(chunk.file, party=context.actor.entity)
    if reading.items:
        raise FileRefused(TITLES_OF_AGENDA, ())
    due = {str(key): key for key, _symbol in case.due}
    key = due.get(reading.key) or match_file_name(offered.name, case.due)
    content = ReceivedContent(reading.language, [], is_xliff=True, title=reading.title or None)
    return InspectedTranslation(to_display_name(offered.name), chunk, content, key)


def _store(
    context: WriteContext, case: ReceptionCase, inspected: Sequence[InspectedTranslation]
) -> list[RefusedTranslation]:
    """Store the files as uploads, and note what each is; those that are waiting already are not stored twice. Return
    those for which too many are waiting."""
    waiting = {(upload.name, upload.sha256) for upload, _row in received.list_received(context.session, context.actor)}
    new = {(each.name, each.chunk.digest): each for each in inspected}
    added = [each for identity, each in new.items() if identity not in waiting]
    room = received.MAX_RECEIVED - len(waiting)
    for each in added[:room]:
        _store_one(context, case, each)
    return [RefusedTranslation(each.name, TRAY_FULL) for each in added[room:]]


def _store_one(context: WriteContext, case: ReceptionCase, each: InspectedTranslation) -> None:
    """Store one file as an upload that is complete."""
    session, actor, chunk = context.session, context.actor, each.chunk
    new = NewUpload(body=case.body_id, name=each.name, size=chunk.length, sha256=chunk.digest)
    upload = uploads.begin_upload(session, actor, new, max_size=case.max_size, began_at=context.request.state.began_at)
    whole = UploadChunk(0, chunk.length, chunk.digest)
    uploads.append_chunk(
        session, actor, upload, whole, partial(context.portal.partial_uploads.append, upload.id, chunk)
    )
    receiving.note_received_translation(session, actor, upload, each.content, each.key)


def _describe_refusal(name: str, refusal: DomainError) -> RefusedTranslation:
    return RefusedTranslation(to_display_name(name), refusal.reason)
