"""Withdraw released outputs whose withdrawal was decided (`app.domain.outputs.actions.withdrawal`).

In one transaction the worker deletes the rows, and stores and signs a tombstone. The files are removed from the release
store afterwards (`remove_files_of_withdrawn_output`); the portal keeps its own.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession, get_locked_row
from app.core.journal import JournalLine
from app.core.locks import AdvisoryLock, lock_until_commit
from app.core.storage import Store
from app.core.validation import ReasonInput
from app.domain.outputs.actions.forwarding import forward_withdrawal
from app.domain.outputs.events import WithdrawalConfirmed, WithdrawalDecidedAlone
from app.domain.outputs.models import Output, OutputStatus, ReleaseFailure, Withdrawal
from app.domain.outputs.queries.withdrawals import find_confirmed_withdrawal
from app.domain.releases import events
from app.domain.releases.actions import manifest_signing
from app.domain.releases.actions.copy import slug_of_symbol
from app.domain.releases.models import Audience, ReleasedFile, ReleasedWithdrawal
from app.domain.releases.queries import manifests, releases, stored_manifests
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, list_all_files, parse_tombstone_file


class UndecidedWithdrawal(Exception):
    """The tables do not say that two people, or one alone on record, decided the withdrawal; nothing is withdrawn."""


def withdraw_output(session: WriteSession, output_id: UUID) -> bool:
    """Replace the rows of an output whose withdrawal was decided by a tombstone, and sign it in both catalogues.
    Idempotent; returns whether it was withdrawn now.

    The worker acts, so no permission is required; instead the decision is checked again. Raises UndecidedWithdrawal,
    ManifestTampered.
    """
    output = get_locked_row(session, Output, output_id)
    if output.status != OutputStatus.WITHDRAWING:
        return False
    withdrawal = find_confirmed_withdrawal(session, output)
    if withdrawal is None or not _is_decided(session, withdrawal):
        raise UndecidedWithdrawal(str(output.id))
    moment = clock.now()
    for event in _withdraw_from_readers(session, output, withdrawal, moment):
        journal.record_event(session, None, event, body=output.body_id)
    output.status, output.withdrawn_at = OutputStatus.WITHDRAWN, moment
    output.failed_because = output.failed_at = None
    assert withdrawal.ended_by
    forward_withdrawal(session, output, ReasonInput(reason=withdrawal.reason), decided_by=withdrawal.ended_by)
    return True


def _withdraw_from_readers(
    session: WriteSession, output: Output, withdrawal: Withdrawal, moment: datetime
) -> Sequence[journal.Event]:
    """Replace the rows of an output by a signed tombstone; there are none of one for its addressees alone. Returns the
    events."""
    if output.for_addressees_only:
        return [events.OutputWithdrawnFromAddressees(output.id, withdrawal.id)]
    catalogues = manifest_signing.LockedCatalogues(session)
    _store_tombstone(session, output, withdrawal, moment)
    signed = catalogues.sign_output(releases.find_entries_by_audience(session, output.id))
    happened: list[journal.Event] = [events.OutputWithdrawn(output.id, withdrawal.id, *signed[Audience.MEMBERS])]
    if signed_publicly := signed.get(Audience.PUBLIC):
        happened.append(events.PublicOutputWithdrawn(output.id, withdrawal.id, *signed_publicly))
    return happened


def _is_decided(session: ReadSession, withdrawal: Withdrawal) -> bool:
    """Whether a line of the journal says that the person who ended it decided it: alone, or as the second one."""
    if withdrawal.ended_by is None or withdrawal.ended_capacity is None:
        return False
    lines = select(JournalLine.seq).where(
        JournalLine.event == (WithdrawalDecidedAlone if withdrawal.is_sole_decision else WithdrawalConfirmed).name,
        JournalLine.facts["withdrawal"].astext == str(withdrawal.id),
        JournalLine.person == withdrawal.ended_by,
    )
    return session.scalar(lines.limit(1)) is not None


def record_withdrawal_failure(session: WriteSession, output_id: UUID, because: ReleaseFailure) -> bool:
    """Record that a withdrawal failed and why, so that it can be started again. Returns whether it failed now.

    What may be over in a moment (`STORE_UNREACHABLE`) is tried until it works.
    """
    output = get_locked_row(session, Output, output_id)
    if output.status != OutputStatus.WITHDRAWING or because == ReleaseFailure.STORE_UNREACHABLE:
        return False
    is_new = output.failed_because is None
    output.failed_because, output.failed_at = because, clock.now()
    if is_new:
        event = events.WithdrawalFailed(output.id, because)
        journal.record_event(session, None, event, body=output.body_id)
    return is_new


def _store_tombstone(session: WriteSession, output: Output, withdrawal: Withdrawal, moment: datetime) -> None:
    """Store the tombstone and delete the other rows of the output.

    The database role may not delete them; the function `release.bury` does, and only if the tombstone exists. Raises
    ManifestTampered unless the tables say what was signed.
    """
    replacement = session.get_one(Output, withdrawal.replaced_by) if withdrawal.replaced_by else None
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
            withdrawn_at=moment,
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
        **{
            name: [each.code for each in getattr(entry, name)] or None
            for name in ("mandates", "action_lines", "questions")
        },
        "files": list(map(manifests.build_file_values, entry.texts)),
    }


def _unused_digests(session: ReadSession, files: set[str]) -> set[str]:
    """Return the digests among these that no released output has any more."""
    used = (select(column).where(column.in_(files)) for column in (ReleasedFile.sha256, ReleasedFile.pdf))
    return files.difference(*map(session.scalars, used))


def remove_files_of_withdrawn_output(session: WriteSession, release_store: Store, output_id: UUID) -> int:
    """Remove the files of a withdrawn output from the release store, with their PDF, but for those that another output
    has too.

    The worker acts, so no permission is required. Idempotent; returns how many files it removed.
    """
    lock_until_commit(session, AdvisoryLock.CATALOGUE)
    tombstone = session.get(ReleasedWithdrawal, output_id)
    if tombstone is None:
        return 0
    withdrawn = list_all_files(map(parse_tombstone_file, tombstone.files))
    unused = _unused_digests(session, {file.sha256 for file in withdrawn})
    for sha256 in sorted(unused):
        release_store.remove(sha256)
    return len(unused)
