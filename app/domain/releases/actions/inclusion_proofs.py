"""Copy ledger inclusion proofs for released manifests: that the ledger contains the journal entry of the release.

A proof is made from the next signed head and never renewed, so that what readers see of a release does not depend on
later activity of the body.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import WriteSession
from app.core.journal import JournalLine
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules.signed_notes import NoteVerifier
from app.domain.releases import events
from app.domain.releases.models import MembersManifest, ReleasedInclusionProof
from app.domain.releases.queries import manifests

MANIFEST_EVENTS = tuple(
    each.name
    for each in (
        events.OutputReleased,
        events.AdvanceVersionReleased,
        events.OutputCompleted,
        events.OutputSealed,
        events.OutputWithdrawn,
    )
)
COSIGNATURE_TIMEOUT = timedelta(seconds=10)
"""How long a proof waits for cosignatures of witnesses; then it is stored without those that are missing."""


def add_inclusion_proofs(session: WriteSession, witnesses: Sequence[NoteVerifier] = ()) -> int:
    """Store an inclusion proof for each manifest that a head covers and that has none. Idempotent; returns how many."""
    unproven = select(MembersManifest).where(~MembersManifest.number.in_(select(ReleasedInclusionProof.number)))
    count = 0
    for manifest in session.scalars(unproven.order_by(MembersManifest.number)).all():
        count += _add_inclusion_proof(session, manifest, witnesses)
    return count


def _add_inclusion_proof(session: WriteSession, manifest: MembersManifest, witnesses: Sequence[NoteVerifier]) -> bool:
    """Store the inclusion proof of one manifest, if a head covers its journal entry and witnesses had their time."""
    entries = select(JournalLine.seq).where(
        JournalLine.event.in_(MANIFEST_EVENTS),
        JournalLine.facts["manifest"].astext == manifests.compute_statement_digest(manifest.statement),
    )
    seq = session.scalar(entries.order_by(JournalLine.seq).limit(1))
    head = seq and session.scalar(ledger.select_heads_covering(seq).limit(1))
    if not seq or not head or not is_cosigned_or_timed_out(head, witnesses):
        return False
    inclusion_proof = ledger.find_inclusion_proof(session, ledger.get_journal_line(session, seq), head)
    if inclusion_proof:
        session.add(
            ReleasedInclusionProof(number=manifest.number, entry=inclusion_proof.entry, proof=inclusion_proof.proof)
        )
    return bool(inclusion_proof)


def is_cosigned_or_timed_out(head: LedgerHead, witnesses: Sequence[NoteVerifier]) -> bool:
    """Whether every witness cosigned the head, or `COSIGNATURE_TIMEOUT` has passed."""
    return clock.now() - head.at >= COSIGNATURE_TIMEOUT or all(
        ledger.is_head_cosigned(head, witness) for witness in witnesses
    )
