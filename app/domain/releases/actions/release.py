"""Release outputs: the worker copies a text into schema `release`, all languages in one transaction, and signs a
manifest.

The completion of an advance version is in `actions.completion`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession, get_locked_row
from app.core.storage import Store
from app.domain.files import queries as file_queries
from app.domain.outputs.models import Output, OutputStatus, ReleaseFailure
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.queries.approvals import list_approvers, list_unchecked_approvals
from app.domain.outputs.rules.outputs import APPROVALS_NEEDED
from app.domain.releases import events
from app.domain.releases.actions import copy as copying
from app.domain.releases.actions.copy import TextMismatch, slug_of_symbol
from app.domain.releases.actions.copy_texts import copy_topics_and_texts
from app.domain.releases.actions.manifest_signing import LockedCatalogues
from app.domain.releases.actions.records import record_release
from app.domain.releases.queries import manifests, releases, stored_manifests
from app.domain.releases.queries.release_bundles import ReleaseBundle, load_release_bundle

# How long a release is retried while a store or a database is down, before it counts as failed and people are informed.
RELEASE_RETRY_PERIOD = timedelta(days=1)

# The same while the sign-in behind an approval was not verified, since the identity provider does not answer.
APPROVAL_CHECK_PERIOD = timedelta(hours=1)

STATUSES_TO_RELEASE = (OutputStatus.RELEASING, OutputStatus.SCHEDULED)


class UnverifiedApprovalError(Exception):
    """The sign-in behind an approval was not verified yet, or could not be verified; nothing is released."""


class InfectedFileError(Exception):
    """A virus was found in a file of the output since its adoption; nothing is released."""


def release_output(session: WriteSession, store: Store, release_store: Store, output_id: UUID) -> bool:
    """Copy one output that is scheduled for release, and sign its manifest. Idempotent; returns whether it was released
    now.

    The worker acts, so no permission is required; instead the decisions are checked again: the instant has come, the
    text is adopted, approved by two others, whose sign-ins were verified, or released by one alone, and the same byte
    for byte; each translation is approved by another person, whose sign-in was verified. Raises TextMismatch,
    UnverifiedApprovalError, InfectedFileError, CorruptFile, ManifestTampered.
    """
    row = get_locked_row(session, Output, output_id)
    if row.status not in STATUSES_TO_RELEASE or not is_release_due(row):
        return False
    bundle = load_release_bundle(session, row)
    if bundle.awaits_verified_approvals:
        raise UnverifiedApprovalError(str(row.id))
    if not bundle.is_adopted_and_approved or not bundle.has_planned_languages:
        raise TextMismatch(str(row.id))
    if file_queries.list_infected_files(session, bundle.planned.digests):
        raise InfectedFileError(str(row.id))
    if row.for_addressees_only:
        return _release_to_addressees(session, store, bundle)
    # Before the copies: files of withdrawn outputs are removed under the same lock, perhaps the same bytes.
    catalogues = LockedCatalogues(session)
    catalogues.require_valid()
    copying.copy_to_release_store(store, release_store, bundle.planned.texts)
    moment = clock.now()
    copying.store_release(session, bundle, moment)
    copy_topics_and_texts(session, row)
    entries = releases.find_entries_by_audience(session, row.id)
    signed = catalogues.sign_output(entries)
    row.status, row.released_at = OutputStatus.RELEASED, moment
    record_release(session, bundle, moment, signed)
    return True


def _release_to_addressees(session: WriteSession, store: Store, bundle: ReleaseBundle) -> bool:
    """Release a text that was adopted for its addressees alone: deliveries are made of it, and nothing of it reaches
    schema `release`, its store or a catalogue."""
    copying.verify_stored_texts(store, bundle.planned.texts)
    output, moment = bundle.output, clock.now()
    copying.mark_translations_released(bundle.planned.texts, moment)
    output.status, output.released_at = OutputStatus.RELEASED, moment
    event = events.OutputReleasedToAddressees(output.id, bundle.digest)
    journal.record_event(session, None, event, body=output.body_id)
    return True


def is_release_due(output: Output) -> bool:
    """Whether the instant of the release has come by the server's clock. Nothing is released before."""
    return output.release_at is None or clock.now() >= output.release_at


def sign_manifests_of_earlier_releases(session: WriteSession) -> tuple[int, Sequence[str]]:
    """Sign the outputs released before manifests existed, in the order of release; return how many, and the symbols
    left out.

    Outputs whose files are not what was adopted and approved are left out. Idempotent.
    """
    catalogues = LockedCatalogues(session)
    signed = {manifests.read_slug(manifest) for manifest in stored_manifests.list_manifests(session)}
    released = select(Output).where(Output.status == OutputStatus.RELEASED, Output.for_addressees_only.is_(None))
    released = released.order_by(Output.released_at, Output.id)
    count, left_out = 0, []
    for output in session.scalars(released).all():
        if slug_of_symbol(output.symbol or "") in signed:
            continue
        bundle = load_release_bundle(session, output)
        if not bundle.is_adopted_and_approved or not copying.has_matching_release_rows(session, bundle):
            left_out.append(output.symbol or "")
            continue
        (entry,) = releases.list_entries(session, output.id)
        event = events.OutputSealed(output.id, *catalogues.sign_entry_as_next_manifest(entry))
        journal.record_event(session, None, event, body=output.body_id)
        count += 1
    return count, left_out


def record_release_failure(session: WriteSession, output_id: UUID, because: ReleaseFailure) -> bool:
    """Record that a release failed and why, so that it can be scheduled again. Returns whether it failed now.

    `STORE_UNREACHABLE` counts as a failure only once `RELEASE_RETRY_PERIOD` has passed since the instant of release;
    `APPROVAL_UNVERIFIED`, while an approval was not checked, once `APPROVAL_CHECK_PERIOD` has.
    """
    row, moment = get_locked_row(session, Output, output_id), clock.now()
    if row.status not in STATUSES_TO_RELEASE or row.release_at is None or not is_release_due(row):
        return False
    if because == ReleaseFailure.STORE_UNREACHABLE and moment - row.release_at < RELEASE_RETRY_PERIOD:
        return False
    if because == ReleaseFailure.APPROVAL_UNVERIFIED and may_be_checked_yet(session, row, row.release_at):
        return False
    _record_failure(session, row, because)
    return True


def may_be_checked_yet(session: ReadSession, output: Output, due_at: datetime) -> bool:
    """Whether a release that was due at this instant still waits for approvals that the worker has not checked."""
    return clock.now() - due_at < APPROVAL_CHECK_PERIOD and bool(list_unchecked_approvals(session, output.id))


def record_missing_approvals(session: WriteSession, output_id: UUID) -> bool:
    """Record that a release fails, before its instant too, if one approval was refused and too few are left, or that of
    a translation: so others approve and schedule it again while there is time. Returns whether it failed now."""
    row = get_locked_row(session, Output, output_id)
    if row.status not in STATUSES_TO_RELEASE:
        return False
    is_decided = (
        outputs.find_sole_decision_release_plan(session, row) is not None
        or len(list_approvers(session, row) - {row.adopted_by}) >= APPROVALS_NEEDED
    )
    if is_decided and not _lacks_planned_languages(session, row):
        return False
    _record_failure(session, row, ReleaseFailure.APPROVAL_UNVERIFIED)
    return True


def _lacks_planned_languages(session: ReadSession, output: Output) -> bool:
    """Whether a language of the plan has neither an adopted text nor an approved translation."""
    plan = outputs.find_current_release_plan(session, output)
    there = {text.language for text in translations.list_releasable_texts(session, output)}
    return plan is not None and not set(plan.languages) <= there


def _record_failure(session: WriteSession, output: Output, because: ReleaseFailure) -> None:
    output.status, output.failed_because, output.failed_at = OutputStatus.FAILED, because, clock.now()
    journal.record_event(session, None, events.ReleaseFailed(output.id, because), body=output.body_id)
