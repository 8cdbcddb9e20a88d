"""Sending a file: begun, continued piece by piece, taken by a form, given up, or swept after some days.

The bytes are the caller's (`app.core.staging`): they are durable before a verb here says so.
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
    """Where a piece begins and how long it is; `whole` is the digest of the file that it completes."""

    offset: int
    length: int
    whole: str | None


class NotThere(Conflict):
    """The piece does not begin where the file ends. `received` is where it does."""

    def __init__(self, received: int) -> None:
        super().__init__(say("The piece does not begin where the file ends. Go on from byte %(at)s.", at=received))
        self.received = received


def may_begin(session: ReadSession, actor: Actor, new: NewUpload, *, largest: int) -> None:
    """Whether the actor may send this file to that body, so that nothing of it comes in for nothing.

    Raises TooMuch beyond `largest` and what the body takes, Conflict for somebody who is sending too many already.
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
    """Begin to send a file to a body in which the actor sits. Nothing of it is there yet. Raises as `may_begin`."""
    may_begin(session, actor, new, largest=largest)
    made = Upload(
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
    session.add(made)
    session.flush()
    return made


def append(session: WriteSession, actor: Actor, upload: Upload, piece: Piece, write: Callable[[], None]) -> None:
    """Put the next piece behind what is there, which `write` does durably. The upload is locked by the caller.

    Raises NotThere unless the piece begins where the file ends, and Unacceptable for a whole that was announced
    differently; then the piece does not count.
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
    """The file has become part of something, or was refused: the upload is over."""
    rules.TAKE.require(actor, upload)
    session.delete(upload)


def discard(session: WriteSession, actor: Actor, upload: Upload) -> None:
    """Give it up."""
    rules.DISCARD.require(actor, upload)
    session.delete(upload)


def sweep(session: WriteSession) -> Sequence[UUID]:
    """End what was begun too long ago; the keys of the others, whose files are still wanted."""
    session.execute(delete(Upload).where(Upload.began_at < clock.now() - KEPT_FOR))
    return session.scalars(select(Upload.id)).all()
