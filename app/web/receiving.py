"""Files that come with a form: chosen in it, or sent before it in pieces. Both end at the gate, in one way.

While a file is examined no connection to the database is held: a rush before a deadline would starve everybody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, Request, UploadFile

from app.asgi.house import House
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession, let_go
from app.core.errors import Refusal, Unacceptable, Unknown
from app.core.i18n import say
from app.core.intake import Received, Refused, take_in, take_whole, too_large
from app.domain.bodies.models import Body
from app.domain.scans import actions as scans
from app.domain.uploads import actions, queries, rules
from app.domain.uploads.models import Upload
from app.web import standing

NO_FILE = say("Choose a file first.")
USED = say(
    "What was sent is not there any more: it was used already, or it lay too long. Look whether the draft has the file;"
    " if not, choose it again."
)


@dataclass(frozen=True, slots=True)
class Offered:
    """What a form brings: a file, or the key of an upload that is whole; or neither."""

    file: UploadFile | None
    upload: UUID | None

    @property
    def is_any(self) -> bool:
        """Whether there is a file in it."""
        return self.file is not None or self.upload is not None


NOTHING = Offered(None, None)


def offered(file: Annotated[UploadFile | None, File()] = None, upload: Annotated[str, Form()] = "") -> Offered:
    """Read from the form. An empty field of a browser is no file. Raises Unacceptable for a key that is none."""
    try:
        key = UUID(upload) if upload else None
    except ValueError:
        raise Unacceptable(NO_FILE) from None
    return Offered(file if file and file.filename else None, key)


OfferedFile = Annotated[Offered, Depends(offered)]


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form of a draft brings: the cover as it was typed, and a file for one language, if one was chosen."""

    typed: Mapping[str, object]
    given: Offered
    language: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that is in the store, and when it began to come; if it came in pieces, `upload` and when it was whole."""

    file: Received
    began_at: datetime
    upload: Upload | None = None
    received_at: datetime | None = None


def take(
    session: WriteSession, actor: Actor, house: House, request: Request, body: UUID, given: Offered
) -> Taken | None:
    """Take the file in through the gate, if there is one: it is durable when this returns.

    Call it before the first change. What was read before may have changed meanwhile: read it again, and lock it.
    Raises Refused, TooMuch, Unavailable; Unknown and Conflict for an upload that is not theirs or not whole. Nothing is
    kept of an upload that is refused.
    """
    if not given.is_any:
        return None
    largest = largest_of(session, house, body)
    if given.upload:
        return _take_upload(session, actor, house, given.upload, largest)
    assert given.file is not None
    let_go(session)
    received = take_in(house.store, given.file.file, given.file.filename or "", largest, scanner=house.scanner)
    return Taken(received, request.state.began_at)


def _take_upload(session: WriteSession, actor: Actor, house: House, key: UUID, largest: int) -> Taken:
    found = _upload(session, actor, key)
    rules.TAKE.require(actor, found)
    if found.size > largest:  # begun for a body that takes more
        raise too_large(largest)
    let_go(session)
    path = house.staging.path(found.id)
    try:
        received = take_whole(house.store, path, str(found.sha256), found.size, found.name, house.scanner)
    except Refused:
        actions.discard(session, actor, _upload(session, actor, key, lock=True))
        raise
    return Taken(received, found.began_at, found, found.received_at)


def _upload(session: WriteSession, actor: Actor, key: UUID, *, lock: bool = False) -> Upload:
    """That upload, or Unknown: one that is not theirs, and one that a form has used already, as after a lost answer."""
    try:
        return queries.one_visible(session, actor, key, lock=lock)
    except Unknown:
        raise Unknown(USED) from None


def settle(session: WriteSession, actor: Actor, taken: Taken) -> None:
    """In the transaction that puts the file where it belongs: its upload is over, and what the scanner said is kept."""
    if taken.file.scan:
        scans.note(session, taken.file.sha256, taken.file.scan)
    if taken.upload:
        actions.take(session, actor, _upload(session, actor, taken.upload.id, lock=True))


def largest_of(session: ReadSession, house: House, body: UUID) -> int:
    """The largest file that a body takes."""
    return min(session.get_one(Body, body).largest_file, house.settings.largest_file)


def why_not(refused: Refusal | None) -> dict[str, object] | None:
    """Why a file was not taken, and everything that was found in it, as pages show it."""
    if refused is None:
        return None
    findings = standing.found(refused.findings) if isinstance(refused, Refused) else []
    return {"reason": refused.reason, "findings": findings}
