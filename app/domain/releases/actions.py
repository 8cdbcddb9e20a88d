"""Release outputs: the worker copies a text into schema `release`, all languages in one transaction, and signs a
manifest.

The completion of an advance version is in `actions.completion`.
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

# How long a release is retried while a store or a database is down, before it counts as failed and people are told.
PATIENCE = timedelta(days=1)

LET_OUT = (Status.LEAVING, Status.SCHEDULED)


def release(session: WriteSession, shelf: Store, released: Store, output: UUID, *, sign: Signer) -> bool:
    """Copy one output that is scheduled for release, and sign its manifest. Idempotent; returns whether it was released
    now.

    The worker acts, so no permission is required; instead the decisions are checked again: the instant has come, the
    text is adopted, approved by two others or released by one alone, and the same byte for byte. Raises TextMismatch,
    InfectedFile, CorruptFile, ManifestTampered.
    """
    row = session.scalars(select(Output).where(Output.id == output).with_for_update()).one()
    if row.status not in LET_OUT or not is_due(row):
        return False
    digest = copying.insist_on_adopted(session, row)
    files = copying.leaving(session, row)
    copying.insist_on_no_virus(session, row, files)
    # Before the copies: files of withdrawn outputs are removed under the same lock, perhaps the same bytes.
    take_turn(session)
    for audience in Audience:
        sealing.last_good(session, sign, audience)
    copying.lay_before_readers(shelf, released, files)
    moment = clock.now()
    row.still_to_come = translations.promised(session, row)
    for copy in copying.copies(session, row, files, moment):
        session.add(copy)
        session.flush()
    copying.note_released(files, moment)
    carry_topics(session, row)
    carry_texts(session, row.id, sign=sign)
    number, manifest = seal(session, row.id, sign)
    row.status, row.released_at = Status.RELEASED, moment
    receipt = attesting.of_release(session, row, moment, number=number, manifest=manifest, sign=sign)
    journal.record(session, None, _release_event(row, digest, number, manifest, receipt), body=row.body_id)
    make_public(session, row, sign)
    return True


def _release_event(output: Output, digest: str, number: int, manifest: str, receipt: Receipt) -> journal.Event:
    """Return the event of the release: of an advance version, if languages are still to come."""
    to_come = " ".join(output.still_to_come)
    if to_come:
        return events.AdvanceVersionReleased(output.id, digest, number, manifest, receipt.digest, to_come)
    return events.OutputReleased(output.id, digest, number, manifest, receipt.digest)


def is_due(output: Output) -> bool:
    """Whether the instant of the release has come by the server's clock. Nothing is released before."""
    return output.release_at is None or clock.now() >= output.release_at


def seal(session: WriteSession, output: UUID, sign: Signer) -> tuple[int, str]:
    """Sign the current rows of the output as the next manifest of the members' catalogue.

    Returns its number and the digest of its statement. Raises ManifestTampered if the last manifest was altered: to
    chain a new one to it would vouch for it.
    """
    (entry,) = queries.withdrawn(session, output) or queries.everything(session, output)
    return sealing.seal(session, entry, sign)


def make_public(session: WriteSession, output: Output, sign: Signer) -> None:
    """Sign the current rows for the public catalogue, if the output is public, and record that in the journal."""
    if signed := seal_publicly(session, output.id, sign):
        journal.record(session, None, events.OutputMadePublic(output.id, *signed), body=output.body_id)


def seal_publicly(session: WriteSession, output: UUID, sign: Signer) -> tuple[int, str] | None:
    """Sign the current rows as the next manifest of the public catalogue; None if the output is not in it. Raises
    ManifestTampered."""
    withdrawn: Sequence[Released | Withdrawn] = queries.withdrawn(session, output, Audience.PUBLIC)
    entries = withdrawn or queries.told_publicly(queries.everything(session, output))
    return sealing.seal(session, entries[0], sign, Audience.PUBLIC) if entries else None


def seal_earlier(session: WriteSession, *, sign: Signer) -> tuple[int, Sequence[str]]:
    """Sign the outputs released before manifests existed, in the order of release; return how many, and the symbols
    left out.

    Outputs whose files are not what was adopted and approved are left out. Idempotent.
    """
    take_turn(session)
    signed = {manifests.slug_of(manifest) for manifest in queries.manifests(session)}
    outputs = select(Output).where(Output.status == Status.RELEASED).order_by(Output.released_at, Output.id)
    count, left_out = 0, []
    for output in session.scalars(outputs).all():
        if slug(output.symbol or "") in signed:
            continue
        try:
            copying.insist_on_adopted(session, output)
            copying.insist_on_copied(session, output)
        except NotAsAdopted:
            left_out.append(output.symbol or "")
            continue
        number, digest = seal(session, output.id, sign)
        event = events.OutputSealed(output.id, number, digest)
        journal.record(session, None, event, body=output.body_id)
        count += 1
    return count, left_out


def due_at(session: ReadSession, output: UUID) -> datetime | None:
    """Find the instant for which the release of an output is scheduled, if it is."""
    statement = select(Output.release_at).where(Output.id == output, Output.status == Status.SCHEDULED)
    return session.scalar(statement)


def all_due(session: ReadSession) -> Sequence[UUID]:
    """List the outputs whose scheduled instant of release has come."""
    statement = select(Output.id).where(Output.status == Status.SCHEDULED, Output.release_at <= clock.now())
    return session.scalars(statement.order_by(Output.release_at, Output.id)).all()


def fail(session: WriteSession, output: UUID, because: Failure) -> bool:
    """Record that a release failed and why, so that it can be scheduled again. Returns whether it failed now.

    `STORE_UNREACHABLE` counts as a failure only once `RELEASE_RETRY_PERIOD` has passed since the instant of release.
    """
    statement = select(Output).where(Output.id == output, Output.status.in_(LET_OUT))
    row = session.scalar(statement.with_for_update())
    moment = clock.now()
    if row is None or row.release_at is None or not is_due(row):
        return False
    if because == Failure.OUT_OF_REACH and moment - row.release_at < PATIENCE:
        return False
    row.status, row.failed_because, row.failed_at = Status.FAILED, because, moment
    journal.record(session, None, events.ReleaseFailed(row.id, because), body=row.body_id)
    return True
