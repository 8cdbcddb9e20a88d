"""Resumable uploads: begin, append chunks, consume by a form, discard, and delete after some days; and count files that
were refused.

The caller stores the bytes in the partial upload store: they are durable before an action here records them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app.core import clock
from app.core.db import ReadSession, WriteSession
from app.core.errors import BadRequest, Conflict, PayloadTooLarge
from app.core.i18n import lazy_gettext as _
from app.core.inspection import to_display_name
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.queries.seats import require_seats_still_held
from app.domain.bodies.rules import EntityInBody
from app.domain.uploads import queries, rules
from app.domain.uploads.inputs import NewUpload
from app.domain.uploads.models import Upload, UploadState

MAX_OPEN_UPLOADS = 20
UPLOAD_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class UploadChunk:
    """Offset and length of a chunk in bytes; the last chunk has the digest of the complete file."""

    offset: int
    length: int
    complete_digest: str | None


class OffsetMismatch(Conflict):
    """The chunk does not begin where the received part ends, which is at byte `received`."""

    def __init__(self, received: int) -> None:
        super().__init__(
            _(
                "This part does not begin at the end of the data received so far. Continue from byte %(at)s.",
                at=received,
            )
        )
        self.received = received


def check_new_upload(session: ReadSession, actor: Actor, new: NewUpload, *, max_size: int) -> None:
    """Check whether the actor may upload this file to that body, before any bytes are sent.

    Raises PayloadTooLarge if it is larger than the portal or the body allows, Conflict if the actor has too many open
    uploads.
    """
    rules.BEGIN.require(actor, EntityInBody(new.body, actor.entity))
    max_size = min(max_size, session.get_one(Body, new.body).largest_file)
    if new.size > max_size:
        raise PayloadTooLarge(
            _("The file has %(size)s bytes. The maximum is %(most)s bytes.", size=new.size, most=max_size)
        )
    if queries.count_open_uploads(session, actor) >= MAX_OPEN_UPLOADS:
        raise Conflict(
            _(
                "You are already uploading %(most)s files. Complete or cancel some of these uploads first.",
                most=MAX_OPEN_UPLOADS,
            )
        )


def begin_upload(session: WriteSession, actor: Actor, new: NewUpload, *, max_size: int, began_at: datetime) -> Upload:
    """Begin an upload to a body in which the actor has a seat. Raises as `check_new_upload`."""
    check_new_upload(session, actor, new, max_size=max_size)
    upload = Upload(
        person_id=actor.person,
        body_id=new.body,
        entity=actor.entity,
        name=to_display_name(new.name),
        size=new.size,
        announced=new.sha256,
        state=UploadState.OPEN,
        received=0,
        began_at=began_at,
    )
    session.add(upload)
    session.flush()
    return upload


def append_chunk(
    session: WriteSession, actor: Actor, upload: Upload, chunk: UploadChunk, write: Callable[[], Sequence[str]]
) -> None:
    """Append the next chunk, which `write` stores durably; it returns the pieces. The caller has locked the upload.

    Raises Forbidden if the actor has lost a seat since the request began, OffsetMismatch unless the chunk begins where
    the received part ends, and BadRequest if the complete file does not have the announced digest; then the chunk is
    not counted.
    """
    rules.CONTINUE.require(actor, upload)
    require_seats_still_held(session, actor)  # the chunk may have taken minutes, and writes no line of the journal
    if chunk.offset != upload.received:
        raise OffsetMismatch(upload.received)
    if chunk.complete_digest and upload.announced and chunk.complete_digest != upload.announced:
        raise BadRequest(_("The uploaded file is not the announced file: its digest is different. Upload it again."))
    upload.pieces = list(write())
    upload.received += chunk.length
    if upload.received == upload.size:
        upload.state, upload.sha256, upload.received_at = UploadState.WHOLE, chunk.complete_digest, clock.now()
    session.flush()


def consume_upload(session: WriteSession, actor: Actor, upload: Upload) -> None:
    """End an upload whose file was used or rejected by a form."""
    rules.TAKE.require(actor, upload)
    session.delete(upload)


def discard_upload(session: WriteSession, actor: Actor, upload: Upload) -> None:
    """Discard an upload."""
    rules.DISCARD.require(actor, upload)
    session.delete(upload)


def delete_expired_uploads(session: WriteSession) -> Mapping[UUID, Sequence[str]]:
    """Delete uploads that were begun too long ago; returns the remaining ones, whose files are needed, with their
    pieces."""
    session.execute(delete(Upload).where(Upload.began_at < clock.now() - UPLOAD_LIFETIME))
    return {row.id: row.pieces for row in session.execute(select(Upload.id, Upload.pieces))}
