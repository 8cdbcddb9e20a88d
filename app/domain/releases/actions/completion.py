"""Complete advance versions: the worker adds the missing languages in one transaction and signs the output as it is
now.

The new manifest names the one that it completes, which stays valid.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, String, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.signing import Signer
from app.core.storage import Store
from app.domain.outputs.actions import receipts
from app.domain.outputs.models import CompletionPlan, Output, OutputStatus, OutputTranslation, ReleaseFailure
from app.domain.outputs.queries import translations
from app.domain.releases import events
from app.domain.releases.actions import copy, manifest_signing
from app.domain.releases.actions.copy import TextMismatch, slug_of_symbol
from app.domain.releases.actions.copy_texts import copy_texts_of_output
from app.domain.releases.actions.release import RELEASE_RETRY_PERIOD, sign_and_record_public_manifest
from app.domain.releases.models import Audience
from app.domain.releases.queries import manifests, releases


def complete_release(
    session: WriteSession, store: Store, release_store: Store, output_id: UUID, *, signer: Signer
) -> bool:
    """Release the missing languages of an advance version whose completion is due. Idempotent; returns whether it did
    so now.

    The worker acts, so no permission is required; instead the decisions are checked again. Raises as `release_output`
    does.
    """
    due = _lock_due_plan(session, output_id)
    if due is None:
        return False
    row, plan = due
    copy.require_adopted_and_approved(session, row)
    added = _require_approved_translations(session, row, plan)
    copy.require_no_virus(session, row, added)
    # Before the copies: files of withdrawn outputs are removed under the same lock, perhaps the same bytes.
    manifest_signing.lock_catalogue(session)
    for audience in Audience:
        manifest_signing.find_last_valid_manifest(session, signer, audience)
    entries = releases.list_entries(session, row.id)
    before = manifest_signing.require_signed_manifest(
        entries[0], releases.find_manifest(session, slug_of_symbol(row.symbol or "")), signer
    )
    copy.copy_to_release_store(store, release_store, added)
    moment = clock.now()
    for text in added:
        session.add(copy.build_released_file(row, text))
    session.flush()
    copy.mark_translations_released(added, moment)
    texts = translations.list_released_texts(session, row)
    titles, languages = translations.merge_titles(row, texts), copy.list_translated_languages(texts)
    previous = (before.number, manifests.digest_of_manifest(before).hex())
    merged = (literal(titles, JSONB), literal(languages, ARRAY(String)))
    session.execute(select(func.release.complete(row.id, moment, *merged, *previous)))
    copy_texts_of_output(session, row.id, signer=signer)
    number, manifest = manifest_signing.sign_next_manifest(session, releases.list_entries(session, row.id)[0], signer)
    row.still_to_come, row.completed_at, plan.released_at = [], moment, moment
    row.version += 1
    receipt = receipts.issue_release_receipt(session, row, moment, number=number, manifest=manifest, signer=signer)
    event = events.OutputCompleted(row.id, plan.text, number, manifest, receipt.digest, previous[1])
    journal.record_event(session, None, event, body=row.body_id)
    sign_and_record_public_manifest(session, row, signer)
    return True


def _lock_due_plan(session: WriteSession, output: UUID) -> tuple[Output, CompletionPlan] | None:
    """Lock the output; return it with its completion plan if it is an advance version and the instant has come."""
    row = session.scalars(select(Output).where(Output.id == output).with_for_update()).one()
    plan = translations.find_pending_completion_plan(session, row)
    is_advance = row.status == OutputStatus.RELEASED and row.still_to_come
    return (row, plan) if is_advance and plan and plan.release_at <= clock.now() else None


def _require_approved_translations(
    session: WriteSession, output: Output, plan: CompletionPlan
) -> Sequence[OutputTranslation]:
    """Return the translations to add. Raises TextMismatch unless they are exactly those of the plan and no language is
    missing."""
    added = translations.list_translations_to_release(session, output)
    missing = set(output.still_to_come) - {text.language for text in added}
    if translations.compute_digest_of_translations(added) != plan.text or missing:
        raise TextMismatch(str(output.id))
    return added


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
