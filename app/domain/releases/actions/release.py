"""Release outputs: the worker copies a text into schema `release`, all languages in one transaction, and signs a
manifest.

The completion of an advance version is in `actions.completion`.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.signing import Signer
from app.core.storage import Store
from app.domain.outputs.actions import receipts
from app.domain.outputs.models import Output, OutputStatus, ReleaseFailure
from app.domain.outputs.queries import translations
from app.domain.receipts.models import Receipt
from app.domain.releases import events
from app.domain.releases.actions import copy as copying
from app.domain.releases.actions import manifest_signing
from app.domain.releases.actions.copy import TextMismatch, slug_of_symbol
from app.domain.releases.actions.copy_texts import copy_texts_of_output, copy_topics
from app.domain.releases.actions.manifest_signing import lock_catalogue
from app.domain.releases.models import Audience
from app.domain.releases.queries import manifests, releases
from app.domain.releases.queries.releases import CatalogueEntry, WithdrawnEntry

# How long a release is retried while a store or a database is down, before it counts as failed and people are informed.
RELEASE_RETRY_PERIOD = timedelta(days=1)

STATUSES_TO_RELEASE = (OutputStatus.RELEASING, OutputStatus.SCHEDULED)


def release_output(
    session: WriteSession, store: Store, release_store: Store, output_id: UUID, *, signer: Signer
) -> bool:
    """Copy one output that is scheduled for release, and sign its manifest. Idempotent; returns whether it was released
    now.

    The worker acts, so no permission is required; instead the decisions are checked again: the instant has come, the
    text is adopted, approved by two others or released by one alone, and the same byte for byte. Raises TextMismatch,
    InfectedFile, CorruptFile, ManifestTampered.
    """
    row = session.scalars(select(Output).where(Output.id == output_id).with_for_update()).one()
    if row.status not in STATUSES_TO_RELEASE or not is_release_due(row):
        return False
    digest = copying.require_adopted_and_approved(session, row)
    files = copying.list_texts_to_release(session, row)
    copying.require_no_virus(session, row, files)
    # Before the copies: files of withdrawn outputs are removed under the same lock, perhaps the same bytes.
    lock_catalogue(session)
    for audience in Audience:
        manifest_signing.find_last_valid_manifest(session, signer, audience)
    copying.copy_to_release_store(store, release_store, files)
    moment = clock.now()
    row.still_to_come = translations.list_promised_languages(session, row)
    for copy in copying.build_release_rows(session, row, files, moment):
        session.add(copy)
        session.flush()
    copying.mark_translations_released(files, moment)
    copy_topics(session, row)
    copy_texts_of_output(session, row.id, signer=signer)
    number, manifest = sign_output_manifest(session, row.id, signer)
    row.status, row.released_at = OutputStatus.RELEASED, moment
    receipt = receipts.issue_release_receipt(session, row, moment, number=number, manifest=manifest, signer=signer)
    journal.record_event(session, None, _release_event(row, digest, number, manifest, receipt), body=row.body_id)
    sign_and_record_public_manifest(session, row, signer)
    return True


def _release_event(output: Output, digest: str, number: int, manifest: str, receipt: Receipt) -> journal.Event:
    """Return the event of the release: of an advance version, if languages are still to come."""
    to_come = " ".join(output.still_to_come)
    if to_come:
        return events.AdvanceVersionReleased(output.id, digest, number, manifest, receipt.digest, to_come)
    return events.OutputReleased(output.id, digest, number, manifest, receipt.digest)


def is_release_due(output: Output) -> bool:
    """Whether the instant of the release has come by the server's clock. Nothing is released before."""
    return output.release_at is None or clock.now() >= output.release_at


def sign_output_manifest(session: WriteSession, output_id: UUID, signer: Signer) -> tuple[int, str]:
    """Sign the current rows of the output as the next manifest of the members' catalogue.

    Returns its number and the digest of its statement. Raises ManifestTampered if the last manifest was altered: to
    chain a new one to it would vouch for it.
    """
    (entry,) = releases.list_withdrawn_entries(session, output_id) or releases.list_entries(session, output_id)
    return manifest_signing.sign_next_manifest(session, entry, signer)


def sign_and_record_public_manifest(session: WriteSession, output: Output, signer: Signer) -> None:
    """Sign the current rows for the public catalogue, if the output is public, and record that in the journal."""
    if signed := sign_public_manifest(session, output.id, signer):
        journal.record_event(session, None, events.OutputMadePublic(output.id, *signed), body=output.body_id)


def sign_public_manifest(session: WriteSession, output_id: UUID, signer: Signer) -> tuple[int, str] | None:
    """Sign the current rows as the next manifest of the public catalogue; None if the output is not in it. Raises
    ManifestTampered."""
    withdrawn: Sequence[CatalogueEntry | WithdrawnEntry] = releases.list_withdrawn_entries(
        session, output_id, Audience.PUBLIC
    )
    entries = withdrawn or releases.public_view(releases.list_entries(session, output_id))
    return manifest_signing.sign_next_manifest(session, entries[0], signer, Audience.PUBLIC) if entries else None


def sign_manifests_of_earlier_releases(session: WriteSession, *, signer: Signer) -> tuple[int, Sequence[str]]:
    """Sign the outputs released before manifests existed, in the order of release; return how many, and the symbols
    left out.

    Outputs whose files are not what was adopted and approved are left out. Idempotent.
    """
    lock_catalogue(session)
    signed = {manifests.read_slug(manifest) for manifest in releases.list_manifests(session)}
    outputs = select(Output).where(Output.status == OutputStatus.RELEASED).order_by(Output.released_at, Output.id)
    count, left_out = 0, []
    for output in session.scalars(outputs).all():
        if slug_of_symbol(output.symbol or "") in signed:
            continue
        try:
            copying.require_adopted_and_approved(session, output)
            copying.require_matching_release_rows(session, output)
        except TextMismatch:
            left_out.append(output.symbol or "")
            continue
        number, digest = sign_output_manifest(session, output.id, signer)
        event = events.OutputSealed(output.id, number, digest)
        journal.record_event(session, None, event, body=output.body_id)
        count += 1
    return count, left_out


def record_release_failure(session: WriteSession, output_id: UUID, because: ReleaseFailure) -> bool:
    """Record that a release failed and why, so that it can be scheduled again. Returns whether it failed now.

    `STORE_UNREACHABLE` counts as a failure only once `RELEASE_RETRY_PERIOD` has passed since the instant of release.
    """
    statement = select(Output).where(Output.id == output_id, Output.status.in_(STATUSES_TO_RELEASE))
    row = session.scalar(statement.with_for_update())
    moment = clock.now()
    if row is None or row.release_at is None or not is_release_due(row):
        return False
    if because == ReleaseFailure.STORE_UNREACHABLE and moment - row.release_at < RELEASE_RETRY_PERIOD:
        return False
    row.status, row.failed_because, row.failed_at = OutputStatus.FAILED, because, moment
    journal.record_event(session, None, events.ReleaseFailed(row.id, because), body=row.body_id)
    return True
