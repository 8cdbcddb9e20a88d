"""Complete advance versions: the worker adds the missing languages in one transaction and signs the output as it is
now.

The new manifest names the one that it completes, which stays valid.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession
from app.core.storage import Store
from app.domain.outputs.models import CompletionPlan, Output, OutputStatus, OutputTranslation, ReleaseFailure
from app.domain.outputs.queries import translations
from app.domain.outputs.rules.texts import compute_digest_of_translations
from app.domain.releases import events
from app.domain.releases.actions import copy as copying
from app.domain.releases.actions import manifest_signing
from app.domain.releases.actions.copy import TextMismatch, slug_of_symbol
from app.domain.releases.actions.copy_texts import copy_texts_of_output
from app.domain.releases.actions.receipts import issue_release_receipt
from app.domain.releases.actions.release import RELEASE_RETRY_PERIOD, record_public_manifest
from app.domain.releases.queries import manifests, releases
from app.domain.releases.queries.release_bundles import ReleaseBundle, load_release_bundle
from app.domain.releases.queries.releases import Manifest


def complete_release(session: WriteSession, store: Store, release_store: Store, output_id: UUID) -> bool:
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
    copying.require_adopted_and_approved(bundle)
    added = _require_approved_translations(bundle, plan)
    copying.require_no_virus(session, row, added)
    # Before the copies: files of withdrawn outputs are removed under the same lock, perhaps the same bytes.
    manifest_signing.lock_valid_catalogues(session)
    signed_before = releases.find_manifest(session, slug_of_symbol(row.symbol or ""))
    before = manifest_signing.require_signed_manifest(session, releases.list_entries(session, row.id)[0], signed_before)
    copying.copy_to_release_store(store, release_store, added)
    moment = clock.now()
    _store_completion(session, bundle, added, moment, before)
    signed, signed_publicly = manifest_signing.sign_output_manifests(session, row.id)
    row.still_to_come, row.completed_at, plan.released_at = [], moment, moment
    row.version += 1
    receipt = issue_release_receipt(session, bundle, moment, signed)
    completes = manifests.digest_of_manifest(before).hex()
    event = events.OutputCompleted(row.id, plan.text, *signed, receipt.digest, completes)
    journal.record_event(session, None, event, body=row.body_id)
    record_public_manifest(session, row, signed_publicly)
    return True


def _store_completion(
    session: WriteSession,
    bundle: ReleaseBundle,
    added: Sequence[OutputTranslation],
    moment: datetime,
    before: Manifest,
) -> None:
    """Store the added translations in schema `release`; the output names the manifest that it completes."""
    output = bundle.output
    session.add_all(copying.build_released_file(output, text) for text in added)
    session.flush()
    copying.mark_translations_released(added, moment)
    texts = bundle.released_texts
    titles, languages = bundle.titles_with(texts), copying.list_translated_languages(texts)
    merged = (literal(titles, JSONB), literal(languages, ARRAY(String)))
    previous = (before.number, manifests.digest_of_manifest(before).hex())
    session.execute(select(func.release.complete(output.id, moment, *merged, *previous)))
    copy_texts_of_output(session, output.id)


def _lock_due_plan(session: WriteSession, output: UUID) -> tuple[Output, CompletionPlan] | None:
    """Lock the output; return it with its completion plan if it is an advance version and the instant has come."""
    row = session.scalars(select(Output).where(Output.id == output).with_for_update()).one()
    plan = translations.find_pending_completion_plan(session, row)
    is_advance = row.status == OutputStatus.RELEASED and row.still_to_come
    return (row, plan) if is_advance and plan and plan.release_at <= clock.now() else None


def _require_approved_translations(bundle: ReleaseBundle, plan: CompletionPlan) -> Sequence[OutputTranslation]:
    """Return the translations to add. Raises TextMismatch unless they are exactly those of the plan and no language is
    missing."""
    added = [each for each in bundle.releasable_translations if each.released_at is None]
    missing = set(bundle.output.still_to_come) - {text.language for text in added}
    if compute_digest_of_translations(added) != plan.text or missing:
        raise TextMismatch(str(bundle.output.id))
    return added


def find_scheduled_completion_time(session: ReadSession, output_id: UUID) -> datetime | None:
    """Find the instant for which the completion of an output is scheduled."""
    statement = select(CompletionPlan.release_at).join(Output, Output.id == CompletionPlan.output_id)
    return session.scalar(statement.where(CompletionPlan.output_id == output_id, *_pending_conditions()))


def list_outputs_due_for_completion(session: ReadSession) -> Sequence[UUID]:
    """List the outputs whose scheduled instant of completion has come."""
    statement = select(CompletionPlan.output_id).join(Output, Output.id == CompletionPlan.output_id)
    statement = statement.where(CompletionPlan.release_at <= clock.now(), *_pending_conditions())
    return session.scalars(statement.order_by(CompletionPlan.release_at, CompletionPlan.output_id)).all()


def _pending_conditions() -> tuple[ColumnElement[bool], ...]:
    """Conditions for a completion plan that is pending."""
    ends = (CompletionPlan.called_back_at, CompletionPlan.failed_at, CompletionPlan.released_at)
    return (Output.status == OutputStatus.RELEASED, *(end.is_(None) for end in ends))


def record_completion_failure(session: WriteSession, output_id: UUID, because: ReleaseFailure) -> bool:
    """Record that a completion failed and why, so that it can be scheduled again; the advance version stays. Returns
    whether it failed now.

    `STORE_UNREACHABLE` counts as a failure only once `RELEASE_RETRY_PERIOD` has passed, as with a release.
    """
    due = _lock_due_plan(session, output_id)
    if due is None:
        return False
    row, plan = due
    if because == ReleaseFailure.STORE_UNREACHABLE and clock.now() - plan.release_at < RELEASE_RETRY_PERIOD:
        return False
    plan.failed_because, plan.failed_at = because, clock.now()
    journal.record_event(session, None, events.CompletionFailed(row.id, because), body=row.body_id)
    return True
