"""Resumable uploads: begin, append chunks, consume by a form, discard, and delete after some days.

The caller stores the bytes in the partial upload store: they are durable before an action here records them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, TooMuch, Unacceptable
from app.core.gate import shown_name
from app.core.i18n import say
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.uploads import queries, rules
from app.domain.uploads.inputs import NewUpload
from app.domain.uploads.models import State, Upload

MOST_OPEN = 20
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Piece:
    """Offset and length of a chunk in bytes; the last chunk has the digest of the complete file."""

    offset: int
    length: int
    whole: str | None


class NotThere(Conflict):
    """The chunk does not begin where the received part ends, which is at byte `received`."""

    def __init__(self, received: int) -> None:
        super().__init__(say("The piece does not begin where the file ends. Go on from byte %(at)s.", at=received))
        self.received = received


def may_begin(session: ReadSession, actor: Actor, new: NewUpload, *, largest: int) -> None:
    """Check whether the actor may upload this file to that body, before any bytes are sent.

    Raises PayloadTooLarge if it is larger than the portal or the body allows, Conflict if the actor has too many open
    uploads.
    """
    rules.BEGIN.require(actor, Place(new.body, actor.entity))
    largest = min(largest, session.get_one(Body, new.body).largest_file)
    if new.size > largest:
        raise TooMuch(say("The file has %(size)s bytes; at most %(most)s are taken.", size=new.size, most=largest))
    if queries.how_many_open(session, actor) >= MOST_OPEN:
        raise Conflict(
            say("You are sending %(most)s files already. Finish some of them, or give them up, first.", most=MOST_OPEN)
        )


def begin(session: WriteSession, actor: Actor, new: NewUpload, *, largest: int, began_at: datetime) -> Upload:
    """Begin an upload to a body in which the actor has a seat. Raises as `check_new_upload`."""
    may_begin(session, actor, new, largest=largest)
    upload = Upload(
        person_id=actor.person,
        body_id=new.body,
        entity=actor.entity,
        name=shown_name(new.name),
        size=new.size,
        announced=new.sha256,
        state=State.OPEN,
        received=0,
        began_at=began_at,
    )
    session.add(upload)
    session.flush()
    return upload


def append(session: WriteSession, actor: Actor, upload: Upload, piece: Piece, write: Callable[[], None]) -> None:
    """Append the next chunk, which `write` stores durably. The caller has locked the upload.

    Raises OffsetMismatch unless the chunk begins where the received part ends, and BadRequest if the complete file does
    not have the announced digest; then the chunk is not counted.
    """
    rules.CONTINUE.require(actor, upload)
    if piece.offset != upload.received:
        raise NotThere(upload.received)
    if piece.whole and upload.announced and piece.whole != upload.announced:
        raise Unacceptable(say("The file is not the one that was announced: it has another digest. Send it anew."))
    write()
    upload.received += piece.length
    if upload.received == upload.size:
        upload.state, upload.sha256, upload.received_at = State.WHOLE, piece.whole, clock.now()
    session.flush()


def take(session: WriteSession, actor: Actor, upload: Upload) -> None:
    """End an upload whose file was used or rejected by a form."""
    rules.TAKE.require(actor, upload)
    session.delete(upload)


def discard(session: WriteSession, actor: Actor, upload: Upload) -> None:
    """Discard an upload."""
    rules.DISCARD.require(actor, upload)
    session.delete(upload)


def sweep(session: WriteSession) -> Sequence[UUID]:
    """Delete uploads that were begun too long ago; returns the ids of the remaining ones, whose files are needed."""
    session.execute(delete(Upload).where(Upload.began_at < clock.now() - KEPT_FOR))
    return session.scalars(select(Upload.id)).all()
