"""Files of a form: chosen in it, or uploaded before in chunks. Both go through the same inspection.

No database connection is held while a file is inspected: a rush before a deadline would leave none for other requests.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, UploadFile

from app.core import clock
from app.core.db import WriteSession, release_connection, transaction
from app.core.errors import BadRequest, DomainError, NotFound
from app.core.files.ingest import (
    FileRefused,
    IngestedFile,
    build_too_large_error,
    ingest_completed_upload,
    ingest_file,
)
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.files import actions as file_actions
from app.domain.files import queries as file_queries
from app.domain.uploads import actions, queries, rules
from app.domain.uploads.models import Upload
from app.http.page_context import ReadContext, WriteContext
from app.web.forms import findings as gate_findings

FILE_REQUIRED = _("Select a file first.")
UPLOAD_ALREADY_USED = _(
    "The uploaded file is no longer available: it has already been used, or it was kept too long. Check "
    "whether the draft contains the file; if not, select it again."
)


@dataclass(frozen=True, slots=True)
class FileOrUploadField:
    """What a form brings: a file, or the id of a complete upload, or neither."""

    file: UploadFile | None
    upload: UUID | None

    @property
    def has_file(self) -> bool:
        """Whether it brings a file in either way."""
        return self.file is not None or self.upload is not None


NO_FILE_OFFERED = FileOrUploadField(None, None)


def read_file_or_upload_field(
    file: Annotated[UploadFile | None, File()] = None, upload: Annotated[str, Form()] = ""
) -> FileOrUploadField:
    """Read file or upload id from the form; an empty field is no file. Raises BadRequest for a malformed id."""
    try:
        upload_id = UUID(upload) if upload else None
    except ValueError:
        raise BadRequest(FILE_REQUIRED) from None
    return FileOrUploadField(file if file and file.filename else None, upload_id)


OfferedFile = Annotated[FileOrUploadField, Depends(read_file_or_upload_field)]


@dataclass(frozen=True, slots=True)
class DraftForm:
    """The form of a draft: the cover as it was typed, and a file for one language, if one was chosen."""

    typed: Mapping[str, object]
    offered_file: FileOrUploadField
    language: str


@dataclass(frozen=True, slots=True)
class AcceptedFile:
    """A file in the store, and when it began to arrive and was complete; for an upload in chunks also that."""

    file: IngestedFile
    began_at: datetime
    received_at: datetime
    upload: Upload | None = None


def inspect_and_store_file(
    context: WriteContext, body_id: UUID, offered_file: FileOrUploadField, *, may_wait: bool = False
) -> AcceptedFile | None:
    """Inspect and store the file of a form, if there is one; it is durable when this returns.

    Where it `may_wait`, a file whose inspection takes longer than some seconds is stored uninspected. Call it before
    the first change, and load and lock rows again afterwards: the transaction ends meanwhile. Raises FileRefused,
    PayloadTooLarge, Unavailable; TooManyRequests after many refused files; NotFound and Conflict for an upload that is
    another actor's or not complete. A refused upload is discarded.
    """
    if not offered_file.has_file:
        return None
    file_queries.require_no_pause(context.session, context.actor.person)
    return _accept_file(context, offered_file, get_max_file_size(context, body_id), may_wait=may_wait)


@contextmanager
def count_refusal(context: WriteContext) -> Iterator[None]:
    """Context manager: count a refusal for its person, in a transaction of its own, whatever becomes of the request.

    Raises what is raised inside, where the session of the request holds no connection.
    """
    try:
        yield
    except FileRefused:
        with transaction(context.portal.write_sessions) as session:
            file_actions.count_refused_file(session, context.actor.person)
        raise


def _accept_file(
    context: WriteContext, offered_file: FileOrUploadField, max_size: int, *, may_wait: bool
) -> AcceptedFile:
    """Inspect and store the file of a form. Raises as `inspect_and_store_file`."""
    if offered_file.upload:
        return _accept_upload(context, offered_file.upload, max_size, may_wait=may_wait)
    assert offered_file.file is not None
    release_connection(context.session)
    received_at = clock.now()
    with count_refusal(context):
        ingested_file = ingest_file(
            context.portal.store,
            offered_file.file.file,
            offered_file.file.filename or "",
            max_size,
            scanner=context.portal.scanner,
            party=context.actor.entity,
            may_wait=may_wait,
        )
    return AcceptedFile(ingested_file, context.request.state.began_at, received_at)


def require_and_store_file(
    context: WriteContext, body_id: UUID, offered_file: FileOrUploadField, *, may_wait: bool = False
) -> AcceptedFile:
    """Inspect and store the file of a form that must bring one.

    Raises BadRequest without a file, and what `inspect_and_store_file` raises.
    """
    accepted_file = inspect_and_store_file(context, body_id, offered_file, may_wait=may_wait)
    if accepted_file is None:
        raise BadRequest(FILE_REQUIRED)
    return accepted_file


def _accept_upload(context: WriteContext, upload_id: UUID, max_size: int, *, may_wait: bool) -> AcceptedFile:
    """Inspect and store a complete upload.

    Raises FileRefused after discarding the upload, PayloadTooLarge, and what `rules.TAKE` raises.
    """
    upload = _get_upload(context.session, context.actor, upload_id)
    rules.TAKE.require(context.actor, upload)
    if upload.size > max_size:  # it was begun for a body with a higher limit
        raise build_too_large_error(max_size)
    release_connection(context.session)
    opened = context.portal.partial_uploads.open_complete(upload.id, upload.size, upload.pieces)
    try:
        with count_refusal(context), opened as path:
            ingested_file = ingest_completed_upload(
                context.portal.store,
                path,
                str(upload.sha256),
                upload.size,
                upload.name,
                context.portal.scanner,
                party=context.actor.entity,
                may_wait=may_wait,
            )
    except FileRefused:
        actions.discard_upload(
            context.session, context.actor, _get_upload(context.session, context.actor, upload_id, lock=True)
        )
        raise
    assert upload.received_at is not None
    return AcceptedFile(ingested_file, upload.began_at, upload.received_at, upload)


def _get_upload(session: WriteSession, actor: Actor, upload_id: UUID, *, lock: bool = False) -> Upload:
    """Load an upload of the actor. Raises NotFound, also for one already used by a form whose response was lost."""
    try:
        return queries.get_visible_upload(session, actor, upload_id, lock=lock)
    except NotFound:
        raise NotFound(UPLOAD_ALREADY_USED) from None


def mark_accepted_upload_as_used(
    session: WriteSession, actor: Actor, accepted_file: AcceptedFile, *, contribution: UUID | None = None
) -> None:
    """Note the scan result, of a `contribution` if it is a file of one, and mark the upload as used, in the transaction
    that attaches the file."""
    file = accepted_file.file
    if file.scan_verdict:
        file_actions.save_scan_verdict(session, file.sha256, file.scan_verdict, contribution=contribution)
    if accepted_file.upload:
        actions.consume_upload(session, actor, _get_upload(session, actor, accepted_file.upload.id, lock=True))


def get_max_file_size(context: ReadContext, body_id: UUID) -> int:
    """Return the largest file in bytes that a body takes."""
    return min(context.session.get_one(Body, body_id).largest_file, context.portal.settings.largest_file)


def describe_file_refusal(refusal: DomainError | None) -> dict[str, object] | None:
    """Return the reason why a file was refused, with its findings, for the page; None without a refusal."""
    if refusal is None:
        return None
    findings = gate_findings.describe_findings(refusal.findings) if isinstance(refusal, FileRefused) else []
    return {"reason": refusal.reason, "findings": findings}
