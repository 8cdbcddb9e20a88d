"""Withdraw released outputs, confirmed by a second person or, where none can be had, by one person alone.

In one transaction the rows are deleted and a tombstone is stored and signed. The files are removed from the release
store afterwards (`remove_files_of_withdrawn_output`); the portal keeps its own.
"""

from uuid import UUID

from sqlalchemy import func, select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession, hold
from app.core.errors import Conflict
from app.core.i18n import say
from app.core.signing import Signer
from app.core.store import Store
from app.domain.outputs import queries as outputs
from app.domain.outputs import rules, withdrawing
from app.domain.outputs.events import WithdrawalDecidedAlone
from app.domain.outputs.inputs import Alone
from app.domain.outputs.models import End, Output, Status, Withdrawal
from app.domain.releases import events, manifests, queries, sealing
from app.domain.releases.actions import seal, seal_publicly
from app.domain.releases.copying import slug
from app.domain.releases.models import Audience, ReleasedFile, ReleasedWithdrawal
from app.domain.releases.queries import Released


def confirm(session: WriteSession, actor: Actor, output: Output, *, seen: UUID, sign: Signer) -> None:
    """Withdraw an output as the second person, for the reason of the expected proposal. It cannot be undone.

    Raises Stale if another proposal is pending, Conflict if the catalogue is not validly signed or the replacement was
    withdrawn.
    """
    hold(session, output)
    rules.CONFIRM_WITHDRAWAL.require(actor, outputs.case(session, output))
    withdrawal = withdrawing.waiting(session, output, seen)
    _withdraw(session, actor, output, withdrawal, sign)


def withdraw_alone(session: WriteSession, actor: Actor, output: Output, why: Alone, *, text: str, sign: Signer) -> None:
    """Withdraw an output at once without a second person, for a reason that everybody reads. It cannot be undone.

    Raises Conflict unless `digest` is that of the released text, or if the catalogue is not validly signed.
    """
    hold(session, output)
    rules.WITHDRAW_ALONE.require(actor, outputs.case(session, output))
    outputs.insist_on_seen(output, text)
    withdrawal = Withdrawal(
        output_id=output.id,
        reason=why.reason,
        lang=why.lang,
        proposed_by=actor.person,
        capacity=" ".join(actor.capacities(output.body_id)),
        proposed_at=clock.now(),
    )
    session.add(withdrawal)
    session.flush()
    event = WithdrawalDecidedAlone(output.id, withdrawal.id, text)
    journal.record(session, actor, event, body=output.body_id)
    _withdraw(session, actor, output, withdrawal, sign)


def _withdraw(session: WriteSession, actor: Actor, output: Output, withdrawal: Withdrawal, signer: Signer) -> None:
    """Replace the rows of the output by a tombstone and sign it in both catalogues. Raises Conflict."""
    sealing.take_turn(session)
    replacement = session.get_one(Output, withdrawal.replaced_by) if withdrawal.replaced_by else None
    if replacement and replacement.status != Status.RELEASED:
        raise Conflict(say("The text that should take its place was withdrawn. Decline this, and propose it anew."))
    withdrawing.end(actor, output, withdrawal, End.CONFIRMED)
    try:
        _store_tombstone(session, output, withdrawal, replacement, signer)
        number, manifest = seal(session, output.id, signer)
        public = seal_publicly(session, output.id, signer)
    except sealing.NotAsSigned as fault:
        raise Conflict(
            say(
                "The catalogue of what was released is not as it was signed, so nothing can be withdrawn in it. "
                "Ask those who run the portal to find out who changed it."
            )
        ) from fault
    output.status, output.withdrawn_at = Status.WITHDRAWN, withdrawal.ended_at
    event = events.OutputWithdrawn(output.id, withdrawal.id, number, manifest)
    journal.record(session, actor, event, body=output.body_id)
    if public:
        public_event = events.PublicOutputWithdrawn(output.id, withdrawal.id, *public)
        journal.record(session, actor, public_event, body=output.body_id)


def _store_tombstone(
    session: WriteSession, output: Output, withdrawal: Withdrawal, replacement: Output | None, signer: Signer
) -> None:
    """Store the tombstone and delete the other rows of the output.

    The database role may not delete them; the function `release.bury` does, and only if the tombstone exists. Raises
    ManifestTampered unless the tables say what was signed.
    """
    entries = queries.everything(session, output.id)
    release, public = (queries.manifest_of(session, slug(output.symbol or ""), audience) for audience in Audience)
    if len(entries) != 1 or (public is not None) != entries[0].is_public:
        raise sealing.NotAsSigned(str(output.symbol))
    release = sealing.signed(entries[0], release, signer)
    if public_entries := queries.told_publicly(entries):
        sealing.signed(public_entries[0], public, signer, Audience.PUBLIC)
    session.add(
        ReleasedWithdrawal(
            id=output.id,
            withdrawn_at=withdrawal.ended_at or clock.now(),
            reason=withdrawal.reason,
            language=withdrawal.lang,
            decided_by=[withdrawal.capacity]
            if withdrawal.is_alone
            else [withdrawal.capacity, withdrawal.ended_capacity],
            replaced_by=replacement.symbol if replacement else None,
            replaced_by_slug=slug(replacement.symbol or "") if replacement else None,
            manifest=release.number,
            manifest_digest=manifests.of(release).hex(),
            public_manifest=public.number if public else None,
            public_manifest_digest=manifests.of(public).hex() if public else None,
            replaced_publicly=bool(replacement and _is_public(session, replacement)),
            **what_it_was(entries[0]),
        )
    )
    session.flush()
    session.execute(select(func.release.bury(output.id)))


def _is_public(session: ReadSession, output: Output) -> bool:
    """Whether the output is released to the public."""
    return any(entry.is_public for entry in queries.everything(session, output.id))


WHAT_IT_WAS = (
    *("slug", "symbol", "kind", "body", "body_names", "meeting"),
    *("titles", "original", "adopted_on", "released_at"),
)


def what_it_was(there: Released) -> dict[str, object]:
    """Return the columns of a tombstone that describe the withdrawn entry."""
    return {
        **{name: getattr(there, name) for name in WHAT_IT_WAS},
        "topics": [topic.code for topic in there.topics],
        "files": [{name: getattr(text, name) for name in manifests.TEXT} for text in there.texts],
    }


def _unused_digests(session: ReadSession, files: set[str]) -> set[str]:
    """Return the digests among these that no released output has any more."""
    return files - set(session.scalars(select(ReleasedFile.sha256).where(ReleasedFile.sha256.in_(files))))


def clear(session: WriteSession, released: Store, output: UUID) -> int:
    """Remove the files of a withdrawn output from the release store, but for those that another output has too.

    The worker acts, so no permission is required. Idempotent; returns how many files it removed.
    """
    sealing.take_turn(session)
    tombstone = session.get(ReleasedWithdrawal, output)
    if tombstone is None:
        return 0
    unused = _unused_digests(session, {str(file["sha256"]) for file in tombstone.files})
    for sha256 in sorted(unused):
        released.remove(sha256)
    return len(unused)
