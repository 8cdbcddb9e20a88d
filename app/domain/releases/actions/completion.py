"""Complete advance versions: the worker adds the missing languages in one transaction and signs the output as it is
now.

The new manifest names the one that it completes, which stays valid.
"""

from uuid import UUID

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession, get_locked_row
from app.core.storage import Store
from app.domain.files import queries as file_queries
from app.domain.outputs.actions.forwarding import forward_completion
from app.domain.outputs.models import CompletionPlan, Output, OutputStatus, ReleaseFailure
from app.domain.outputs.queries import translations
from app.domain.outputs.rules.texts import compute_digest_of_translations, list_digests
from app.domain.releases import events
from app.domain.releases.actions import copy as copying
from app.domain.releases.actions.copy import TextMismatch, slug_of_symbol
from app.domain.releases.actions.copy_texts import copy_texts_of_output
from app.domain.releases.actions.manifest_signing import LockedCatalogues, require_signed_manifest
from app.domain.releases.actions.records import record_completion
from app.domain.releases.actions.release import (
    RELEASE_RETRY_PERIOD,
    InfectedFileError,
    UnverifiedApprovalError,
    may_be_checked_yet,
)
from app.domain.releases.queries import manifests, releases, stored_manifests
from app.domain.releases.queries.release_bundles import ReleaseBundle, load_release_bundle
from app.domain.releases.queries.released_translations import are_released_translations


def release_missing_languages(session: WriteSession, store: Store, release_store: Store, output_id: UUID) -> bool:
    """Release the missing languages of an advance version whose completion is due. Idempotent; returns whether it did
    so now.

    The worker acts, so no permission is required; instead the decisions are checked again. Raises as `release_output`
    does.
    """
    due = _lock_due_plan(session, output_id)
    if due is None:
        return False
    row, plan = due
    bundle = load_release_bundle(session, row)
    if bundle.awaits_verified_translations:
        raise UnverifiedApprovalError(str(row.id))
    is_as_planned = _has_planned_translations(bundle, plan) and _adds_to_what_readers_have(session, bundle)
    if not bundle.is_adopted_and_approved or not is_as_planned:
        raise TextMismatch(str(row.id))
    if file_queries.list_infected_files(session, list_digests(bundle.added)):
        raise InfectedFileError(str(row.id))
    # Before the copies: files of withdrawn outputs are removed under the same lock, perhaps the same bytes.
    catalogues = LockedCatalogues(session)
    catalogues.require_valid()
    before = stored_manifests.find_manifest(session, slug_of_symbol(row.symbol or ""))
    before = require_signed_manifest(session, releases.list_entries(session, row.id)[0], before)
    copying.copy_to_release_store(store, release_store, bundle.added)
    moment = clock.now()
    copying.store_completion(session, bundle, moment, before)
    copy_texts_of_output(session, row.id)
    entries = releases.find_entries_by_audience(session, row.id)
    signed = catalogues.sign_output(entries)
    row.still_to_come, row.completed_at, plan.released_at = [], moment, moment
    row.version += 1
    completes = manifests.digest_of_manifest(before).hex()
    record_completion(session, bundle, plan, signed, completes=completes)
    forward_completion(session, row, bundle.added)
    return True


def _lock_due_plan(session: WriteSession, output: UUID) -> tuple[Output, CompletionPlan] | None:
    """Lock the output; return it with its completion plan if it is an advance version and the instant has come."""
    row = get_locked_row(session, Output, output)
    plan = translations.find_pending_completion_plan(session, row)
    is_advance = row.status == OutputStatus.RELEASED and row.still_to_come
    return (row, plan) if is_advance and plan and plan.release_at <= clock.now() else None


def _has_planned_translations(bundle: ReleaseBundle, plan: CompletionPlan) -> bool:
    """Whether the translations to add are exactly those of the plan and no language is missing."""
    missing = set(bundle.output.still_to_come) - {text.language for text in bundle.added}
    return compute_digest_of_translations(bundle.added) == plan.text and not missing


def _adds_to_what_readers_have(session: ReadSession, bundle: ReleaseBundle) -> bool:
    """Whether the translations that count as released are those that readers have: what is signed names them again."""
    return are_released_translations(session, bundle.output.id, bundle.released.texts)


def record_completion_failure(session: WriteSession, output_id: UUID, because: ReleaseFailure) -> bool:
    """Record that a completion failed and why, so that it can be scheduled again; the advance version stays. Returns
    whether it failed now.

    `STORE_UNREACHABLE` counts as a failure only once `RELEASE_RETRY_PERIOD` has passed, and `APPROVAL_UNVERIFIED`,
    while an approval was not checked, once `APPROVAL_CHECK_PERIOD` has, as with a release.
    """
    due = _lock_due_plan(session, output_id)
    if due is None:
        return False
    row, plan = due
    if because == ReleaseFailure.STORE_UNREACHABLE and clock.now() - plan.release_at < RELEASE_RETRY_PERIOD:
        return False
    if because == ReleaseFailure.APPROVAL_UNVERIFIED and may_be_checked_yet(session, row, plan.release_at):
        return False
    _record_failure(session, row, plan, because)
    return True


def record_missing_translations(session: WriteSession, output_id: UUID) -> bool:
    """Record that a completion fails, before its instant too, if the approval of a translation that it adds was
    refused: so somebody approves it and schedules the completion again while there is time. Returns whether it failed
    now."""
    row = get_locked_row(session, Output, output_id)
    plan = translations.find_pending_completion_plan(session, row)
    there = translations.list_translations_to_release(session, row)
    if plan is None or compute_digest_of_translations(there) == plan.text:
        return False
    _record_failure(session, row, plan, ReleaseFailure.APPROVAL_UNVERIFIED)
    return True


def _record_failure(session: WriteSession, output: Output, plan: CompletionPlan, because: ReleaseFailure) -> None:
    plan.failed_because, plan.failed_at = because, clock.now()
    journal.record_event(session, None, events.CompletionFailed(output.id, because), body=output.body_id)
