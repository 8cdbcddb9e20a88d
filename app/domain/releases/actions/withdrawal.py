"""Withdraw released outputs, confirmed by a second person or, where none can be had, by one person alone.

In one transaction the rows are deleted and a tombstone is stored and signed. The files are removed from the release
store afterwards (`remove_files_of_withdrawn_output`); the portal keeps its own.
"""

from uuid import UUID

from sqlalchemy import func, select

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession, lock_row
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.locks import AdvisoryLock, lock_until_commit
from app.core.permissions import Actor
from app.core.storage import Store
from app.core.validation import ReasonInput
from app.domain.outputs.actions import withdrawal as withdrawing
from app.domain.outputs.actions.forwarding import forward_withdrawal
from app.domain.outputs.events import WithdrawalDecidedAlone
from app.domain.outputs.inputs import SoleDecision
from app.domain.outputs.models import Output, OutputStatus, Withdrawal, WithdrawalOutcome
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as rules
from app.domain.releases import events
from app.domain.releases.actions import manifest_signing
from app.domain.releases.actions.copy import slug_of_symbol
from app.domain.releases.models import Audience, ReleasedFile, ReleasedWithdrawal
from app.domain.releases.queries import manifests, releases, stored_manifests
from app.domain.releases.queries.releases import CatalogueEntry


def confirm_withdrawal(session: WriteSession, actor: Actor, output: Output, *, expected_withdrawal_id: UUID) -> None:
    """Withdraw an output as the second person, for the reason of the expected proposal. It cannot be undone.

    Raises Stale if another proposal is pending, Conflict if the catalogue is not validly signed or the replacement was
    withdrawn.
    """
    lock_row(session, output)
    rules.CONFIRM_WITHDRAWAL.require(actor, outputs.get_output_rule_subject(session, output))
    withdrawal = withdrawing.get_pending_withdrawal(session, output, expected_withdrawal_id)
    _withdraw(session, actor, output, withdrawal)


def withdraw_by_sole_decision(
    session: WriteSession, actor: Actor, output: Output, decision: SoleDecision, *, digest: str
) -> None:
    """Withdraw an output at once without a second person, for a reason that everybody reads. It cannot be undone.

    Raises Conflict unless `digest` is that of the released text, or if the catalogue is not validly signed.
    """
    lock_row(session, output)
    rules.WITHDRAW_ALONE.require(actor, outputs.get_output_rule_subject(session, output))
    outputs.require_adopted_digest(output, digest)
    withdrawal = Withdrawal(
        output_id=output.id,
        reason=decision.reason,
        lang=decision.lang,
        proposed_by=actor.person,
        capacity=" ".join(actor.capacities_in(output.body_id)),
        proposed_at=clock.now(),
    )
    session.add(withdrawal)
    session.flush()
    event = WithdrawalDecidedAlone(output.id, withdrawal.id, digest)
    journal.record_event(session, actor, event, body=output.body_id)
    _withdraw(session, actor, output, withdrawal)


def _withdraw(session: WriteSession, actor: Actor, output: Output, withdrawal: Withdrawal) -> None:
    """Replace the rows of the output by a tombstone and sign it in both catalogues. Raises Conflict."""
    catalogues = manifest_signing.LockedCatalogues(session)
    replacement = session.get_one(Output, withdrawal.replaced_by) if withdrawal.replaced_by else None
    if replacement and replacement.status != OutputStatus.RELEASED:
        raise Conflict(_("The text that should take its place was withdrawn. Decline this, and propose it anew."))
    withdrawing.record_withdrawal_outcome(actor, output, withdrawal, WithdrawalOutcome.CONFIRMED)
    try:
        _store_tombstone(session, output, withdrawal, replacement)
        signed = catalogues.sign_output(releases.find_entries_by_audience(session, output.id))
    except manifest_signing.ManifestTampered as fault:
        raise Conflict(
            _(
                "The catalogue of what was released is not as it was signed, so nothing can be withdrawn in it. "
                "Ask those who run the portal to find out who changed it."
            )
        ) from fault
    output.status, output.withdrawn_at = OutputStatus.WITHDRAWN, withdrawal.ended_at
    event = events.OutputWithdrawn(output.id, withdrawal.id, *signed[Audience.MEMBERS])
    journal.record_event(session, actor, event, body=output.body_id)
    if signed_publicly := signed.get(Audience.PUBLIC):
        public_event = events.PublicOutputWithdrawn(output.id, withdrawal.id, *signed_publicly)
        journal.record_event(session, actor, public_event, body=output.body_id)
    forward_withdrawal(session, actor, output, ReasonInput(reason=withdrawal.reason))


def _store_tombstone(session: WriteSession, output: Output, withdrawal: Withdrawal, replacement: Output | None) -> None:
    """Store the tombstone and delete the other rows of the output.

    The database role may not delete them; the function `release.bury` does, and only if the tombstone exists. Raises
    ManifestTampered unless the tables say what was signed.
    """
    entries = releases.list_entries(session, output.id)
    release, public = (
        stored_manifests.find_manifest(session, slug_of_symbol(output.symbol or ""), audience) for audience in Audience
    )
    if len(entries) != 1 or (public is not None) != entries[0].is_public:
        raise manifest_signing.ManifestTampered(str(output.symbol))
    release = manifest_signing.require_signed_manifest(session, entries[0], release)
    if public_entries := releases.build_public_entries(entries):
        manifest_signing.require_signed_manifest(session, public_entries[0], public, Audience.PUBLIC)
    session.add(
        ReleasedWithdrawal(
            id=output.id,
            withdrawn_at=withdrawal.ended_at or clock.now(),
            reason=withdrawal.reason,
            language=withdrawal.lang,
            decided_by=[withdrawal.capacity]
            if withdrawal.is_sole_decision
            else [withdrawal.capacity, withdrawal.ended_capacity],
            replaced_by=replacement.symbol if replacement else None,
            replaced_by_slug=slug_of_symbol(replacement.symbol or "") if replacement else None,
            manifest=release.number,
            manifest_digest=manifests.digest_of_manifest(release).hex(),
            public_manifest=public.number if public else None,
            public_manifest_digest=manifests.digest_of_manifest(public).hex() if public else None,
            replaced_publicly=bool(replacement and _is_public(session, replacement)),
            **build_tombstone_values(entries[0]),
        )
    )
    session.flush()
    session.execute(select(func.release.bury(output.id)))


def _is_public(session: ReadSession, output: Output) -> bool:
    """Whether the output is released to the public."""
    return any(entry.is_public for entry in releases.list_entries(session, output.id))


TOMBSTONE_FIELDS = (
    *("slug", "symbol", "kind", "body", "body_names", "meeting"),
    *("titles", "original", "adopted_on", "released_at"),
)


def build_tombstone_values(entry: CatalogueEntry) -> dict[str, object]:
    """Return the columns of a tombstone that describe the withdrawn entry."""
    return {
        **{name: getattr(entry, name) for name in TOMBSTONE_FIELDS},
        "topics": [topic.code for topic in entry.topics],
        "files": [{name: getattr(text, name) for name in manifests.FILE_FIELDS} for text in entry.texts],
    }


def _unused_digests(session: ReadSession, files: set[str]) -> set[str]:
    """Return the digests among these that no released output has any more."""
    return files - set(session.scalars(select(ReleasedFile.sha256).where(ReleasedFile.sha256.in_(files))))


def remove_files_of_withdrawn_output(session: WriteSession, release_store: Store, output_id: UUID) -> int:
    """Remove the files of a withdrawn output from the release store, but for those that another output has too.

    The worker acts, so no permission is required. Idempotent; returns how many files it removed.
    """
    lock_until_commit(session, AdvisoryLock.CATALOGUE)
    tombstone = session.get(ReleasedWithdrawal, output_id)
    if tombstone is None:
        return 0
    unused = _unused_digests(session, {str(file["sha256"]) for file in tombstone.files})
    for sha256 in sorted(unused):
        release_store.remove(sha256)
    return len(unused)
