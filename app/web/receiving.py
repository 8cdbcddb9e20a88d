"""Files of a form: chosen in it, or uploaded before in chunks. Both go through the same inspection.

No database connection is held while a file is inspected: a rush before a deadline would leave none for other requests.
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
from app.web import gate_findings

NO_FILE = say("Choose a file first.")
USED = say(
    "What was sent is not there any more: it was used already, or it lay too long. Look whether the draft has the file;"
    " if not, choose it again."
)


@dataclass(frozen=True, slots=True)
class Offered:
    """What a form brings: a file, or the id of a complete upload, or neither."""

    file: UploadFile | None
    upload: UUID | None

    @property
    def is_any(self) -> bool:
        """Whether it brings a file in either way."""
        return self.file is not None or self.upload is not None


NOTHING = Offered(None, None)


def offered(file: Annotated[UploadFile | None, File()] = None, upload: Annotated[str, Form()] = "") -> Offered:
    """Read file or upload id from the form; an empty field is no file. Raises BadRequest for a malformed id."""
    try:
        upload_id = UUID(upload) if upload else None
    except ValueError:
        raise Unacceptable(NO_FILE) from None
    return Offered(file if file and file.filename else None, upload_id)


OfferedFile = Annotated[Offered, Depends(offered)]


@dataclass(frozen=True, slots=True)
class Sent:
    """The form of a draft: the cover as it was typed, and a file for one language, if one was chosen."""

    typed: Mapping[str, object]
    given: Offered
    language: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A file in the store and when it began to arrive; for an upload in chunks also that and when it was complete."""

    file: Received
    began_at: datetime
    upload: Upload | None = None
    received_at: datetime | None = None


def take(
    session: WriteSession, actor: Actor, house: House, request: Request, body: UUID, given: Offered
) -> Taken | None:
    """Inspect and store the file of a form, if there is one; it is durable when this returns.

    Call it before the first change, and load and lock rows again afterwards: the transaction ends meanwhile.
    Raises FileRefused, PayloadTooLarge, Unavailable; NotFound and Conflict for an upload that is another actor's or not
    complete. A rejected upload is discarded.
    """
    if not given.is_any:
        return None
    max_size = largest_of(session, house, body)
    if given.upload:
        return _accept_upload(session, actor, house, given.upload, max_size)
    assert given.file is not None
    let_go(session)
    ingested_file = take_in(house.store, given.file.file, given.file.filename or "", max_size, scanner=house.scanner)
    return Taken(ingested_file, request.state.began_at)


def _accept_upload(session: WriteSession, actor: Actor, house: House, upload_id: UUID, max_size: int) -> Taken:
    """Inspect and store a complete upload.

    Raises FileRefused after discarding the upload, PayloadTooLarge, and what `rules.TAKE` raises.
    """
    upload = _get_upload(session, actor, upload_id)
    rules.TAKE.require(actor, upload)
    if upload.size > max_size:  # it was begun for a body with a higher limit
        raise too_large(max_size)
    let_go(session)
    path = house.staging.path(upload.id)
    try:
        ingested_file = take_whole(house.store, path, str(upload.sha256), upload.size, upload.name, house.scanner)
    except Refused:
        actions.discard(session, actor, _get_upload(session, actor, upload_id, lock=True))
        raise
    return Taken(ingested_file, upload.began_at, upload, upload.received_at)


def _get_upload(session: WriteSession, actor: Actor, upload_id: UUID, *, lock: bool = False) -> Upload:
    """Load an upload of the actor. Raises NotFound, also for one already used by a form whose response was lost."""
    try:
        return queries.one_visible(session, actor, upload_id, lock=lock)
    except Unknown:
        raise Unknown(USED) from None


def settle(session: WriteSession, actor: Actor, taken: Taken) -> None:
    """Note the scan result and mark the upload as used, in the transaction that attaches the file."""
    if taken.file.scan:
        scans.note(session, taken.file.sha256, taken.file.scan)
    if taken.upload:
        actions.take(session, actor, _get_upload(session, actor, taken.upload.id, lock=True))


def largest_of(session: ReadSession, house: House, body: UUID) -> int:
    """Return the largest file in bytes that a body takes."""
    return min(session.get_one(Body, body).largest_file, house.settings.largest_file)


def why_not(refused: Refusal | None) -> dict[str, object] | None:
    """Return the reason why a file was refused, with its findings, for the page; None without a refusal."""
    if refused is None:
        return None
    findings = gate_findings.found(refused.findings) if isinstance(refused, Refused) else []
    return {"reason": refused.reason, "findings": findings}
