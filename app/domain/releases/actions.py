"""Letting out: the worker copies an approved text into schema `release`, all languages in one transaction."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.store import Store
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries as outputs
from app.domain.outputs.models import Failure, Output, Status, Way
from app.domain.outputs.rules import APPROVALS_NEEDED
from app.domain.releases import events
from app.domain.releases.models import ReleasedFile, ReleasedOutput, ReleasedStatement
from app.domain.silence import queries as silence

# A store or a database that is down delays a release; after so long people have to know.
PATIENCE = timedelta(days=1)


class NotAsAdopted(Exception):  # noqa: N818 - a fault that stops the release and is looked into by people
    """What lies in the store or the tables is not what was adopted and approved; nothing is released."""


def release(session: WriteSession, shelf: Store, released: Store, output: UUID) -> bool:
    """Copy one output that was let out. Run again, it does nothing; returns whether it released it now.

    The house acts here, so nobody is asked; instead everything that people decided is checked once more: adopted,
    approved by two others, and the same text byte for byte. Raises NotAsAdopted otherwise.
    """
    found = session.scalars(select(Output).where(Output.id == output).with_for_update()).one()
    if found.status != Status.LEAVING:
        return False
    texts = outputs.files(session, found)
    case = outputs.case(session, found)
    digest = outputs.text_digest(session, found)
    others = case.approvers - {found.adopted_by}
    if digest != found.text_digest or len(others) < APPROVALS_NEEDED or not found.symbol or not found.adopted_on:
        raise NotAsAdopted(str(output))
    for text in texts:
        shelf.copy_to(released, text.sha256)
    body, meeting = session.get_one(Body, found.body_id), session.get_one(Meeting, found.meeting_id)
    moment = clock.now()
    session.add(
        ReleasedOutput(
            id=found.id,
            slug=slug(found.symbol),
            symbol=found.symbol,
            kind=found.kind,
            body=body.code,
            body_names=body.names,
            meeting=meeting.number,
            titles=found.titles,
            original=found.original,
            for_action=found.for_action,
            for_information=found.for_information,
            reply_by=found.reply_by,
            adopted_on=found.adopted_on,
            adopted_how=found.adopted_how or Way.MEETING,
            released_at=moment,
        )
    )
    session.flush()
    for text in texts:
        session.add(
            ReleasedFile(
                output_id=found.id,
                language=text.language,
                sha256=text.sha256,
                size=text.size,
                media=text.media,
                name=text.name,
            )
        )
    for said in silence.statements(session, found):
        session.add(
            ReleasedStatement(
                id=said.id,
                output_id=found.id,
                state=said.entity,
                kind=said.kind,
                text=said.text,
                language=said.lang,
                put_at=said.changed_at or said.put_at,
            )
        )
    found.status, found.released_at = Status.RELEASED, moment
    journal.record(session, None, events.OutputReleased(found.id, digest), body=found.body_id)
    return True


def fail(session: WriteSession, output: UUID, because: Failure) -> bool:
    """Note that it could not be released, and why: it can then be let out again. Returns whether it failed now.

    What may pass by itself, `OUT_OF_REACH`, is a failure only once it has lasted for `PATIENCE` since it was let out.
    """
    leaving = select(Output).where(Output.id == output, Output.status == Status.LEAVING)
    found = session.scalar(leaving.with_for_update())
    moment = clock.now()
    if found is None or found.let_out_at is None:
        return False
    if because == Failure.OUT_OF_REACH and moment - found.let_out_at < PATIENCE:
        return False
    found.status, found.failed_because, found.failed_at = Status.FAILED, because, moment
    journal.record(session, None, events.ReleaseFailed(found.id, because), body=found.body_id)
    return True


def slug(symbol: str) -> str:
    """A symbol as part of an address: `CWG-Internet 22/OUT/1` becomes `CWG-Internet-22-OUT-1`."""
    return symbol.replace(" ", "-").replace("/", "-")
