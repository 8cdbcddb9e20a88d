"""Letting out: the worker copies a text into schema `release`, all languages in one transaction, and signs that.

How an advance version is completed is in `completing`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession
from app.core.signing import Signer
from app.core.store import Store
from app.domain.outputs import attesting, translations
from app.domain.outputs.models import Failure, Output, Status
from app.domain.receipts.models import Receipt
from app.domain.releases import copying, events, manifests, queries, sealing
from app.domain.releases.carrying import carry_texts, carry_topics
from app.domain.releases.copying import NotAsAdopted, slug
from app.domain.releases.models import Audience
from app.domain.releases.queries import Released, Withdrawn
from app.domain.releases.sealing import take_turn

# A store or a database that is down delays a release; after so long people have to know.
PATIENCE = timedelta(days=1)

LET_OUT = (Status.LEAVING, Status.SCHEDULED)


def release(session: WriteSession, shelf: Store, released: Store, output: UUID, *, sign: Signer) -> bool:
    """Copy one output that was let out, and sign what it is. Run again, it does nothing; whether it released it now.

    The house acts here, so nobody is asked; instead everything that people decided is checked once more: due, adopted,
    approved by two others or let out by one alone, and the same text byte for byte. Raises NotAsAdopted, Infected,
    Damaged, NotAsSigned.
    """
    found = session.scalars(select(Output).where(Output.id == output).with_for_update()).one()
    if found.status not in LET_OUT or not is_due(found):
        return False
    digest = copying.insist_on_adopted(session, found)
    files = copying.leaving(session, found)
    copying.insist_on_no_virus(session, found, files)
    take_turn(session)  # before the copies: what was withdrawn is removed by turns too, perhaps the same bytes
    for audience in Audience:
        sealing.last_good(session, sign, audience)
    copying.lay_before_readers(shelf, released, files)
    moment = clock.now()
    found.still_to_come = translations.promised(session, found)
    for copy in copying.copies(session, found, files, moment):
        session.add(copy)
        session.flush()
    copying.note_released(files, moment)
    carry_topics(session, found)
    carry_texts(session, found.id, sign=sign)
    number, manifest = seal(session, found.id, sign)
    found.status, found.released_at = Status.RELEASED, moment
    receipt = attesting.of_release(session, found, moment, number=number, manifest=manifest, sign=sign)
    journal.record(session, None, _happened(found, digest, number, manifest, receipt), body=found.body_id)
    make_public(session, found, sign)
    return True


def _happened(found: Output, digest: str, number: int, manifest: str, receipt: Receipt) -> journal.Event:
    to_come = " ".join(found.still_to_come)
    if to_come:
        return events.AdvanceVersionReleased(found.id, digest, number, manifest, receipt.digest, to_come)
    return events.OutputReleased(found.id, digest, number, manifest, receipt.digest)


def is_due(output: Output) -> bool:
    """Whether the instant of its release has come, by the server's clock. Nothing of it leaves before."""
    return output.release_at is None or clock.now() >= output.release_at


def seal(session: WriteSession, output: UUID, sign: Signer) -> tuple[int, str]:
    """Sign what the tables now say of it, as the next manifest of the catalogue; number and name in the journal.

    Raises NotAsSigned where the last one was altered: to name it as the one before would vouch for it.
    """
    (found,) = queries.withdrawn(session, output) or queries.everything(session, output)
    return sealing.seal(session, found, sign)


def make_public(session: WriteSession, output: Output, sign: Signer) -> None:
    """Sign what the tables now say of it for everybody too, if it is for them, and note that."""
    if public := seal_publicly(session, output.id, sign):
        journal.record(session, None, events.OutputMadePublic(output.id, *public), body=output.body_id)


def seal_publicly(session: WriteSession, output: UUID, sign: Signer) -> tuple[int, str] | None:
    """The same in the catalogue that everybody reads; nothing for what is not in that. Raises NotAsSigned."""
    gone: Sequence[Released | Withdrawn] = queries.withdrawn(session, output, Audience.PUBLIC)
    found = gone or queries.told_publicly(queries.everything(session, output))
    return sealing.seal(session, found[0], sign, Audience.PUBLIC) if found else None


def seal_earlier(session: WriteSession, *, sign: Signer) -> tuple[int, Sequence[str]]:
    """Sign what was released before there were manifests, in the order of its release; how many, and what was not.

    Only what is, file by file, still what was adopted and approved here. Run again, it finds nothing more.
    """
    take_turn(session)
    sealed = {manifests.slug_of(each) for each in queries.manifests(session)}
    released = select(Output).where(Output.status == Status.RELEASED).order_by(Output.released_at, Output.id)
    done, left = 0, []
    for output in session.scalars(released).all():
        if slug(output.symbol or "") in sealed:
            continue
        try:
            copying.insist_on_adopted(session, output)
            copying.insist_on_copied(session, output)
        except NotAsAdopted:
            left.append(output.symbol or "")
            continue
        number, manifest = seal(session, output.id, sign)
        happened = events.OutputSealed(output.id, number, manifest)
        journal.record(session, None, happened, body=output.body_id)
        done += 1
    return done, left


def due_at(session: ReadSession, output: UUID) -> datetime | None:
    """The instant for which its release is set, if one is."""
    found = select(Output.release_at).where(Output.id == output, Output.status == Status.SCHEDULED)
    return session.scalar(found)


def all_due(session: ReadSession) -> Sequence[UUID]:
    """Everything whose release was set for an instant that has come."""
    due = select(Output.id).where(Output.status == Status.SCHEDULED, Output.release_at <= clock.now())
    return session.scalars(due.order_by(Output.release_at, Output.id)).all()


def fail(session: WriteSession, output: UUID, because: Failure) -> bool:
    """Note that it could not be released, and why: it can then be let out again. Returns whether it failed now.

    What may pass by itself, `OUT_OF_REACH`, is a failure only once it has lasted for `PATIENCE` since that instant.
    """
    leaving = select(Output).where(Output.id == output, Output.status.in_(LET_OUT))
    found = session.scalar(leaving.with_for_update())
    moment = clock.now()
    if found is None or found.release_at is None or not is_due(found):
        return False
    if because == Failure.OUT_OF_REACH and moment - found.release_at < PATIENCE:
        return False
    found.status, found.failed_because, found.failed_at = Status.FAILED, because, moment
    journal.record(session, None, events.ReleaseFailed(found.id, because), body=found.body_id)
    return True
