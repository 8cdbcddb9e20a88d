"""Proofs beside released manifests: that the ledger holds the line of the release, by the head that came next.

A proof is copied once and never renewed. So what readers see of a release depends on what was before it, and on nothing
that the group does afterwards.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import WriteSession
from app.core.journal import JournalLine
from app.domain.ledger import queries as ledger
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.notes import Verifier
from app.domain.releases import events, manifests
from app.domain.releases.models import ReleasedManifest, ReleasedProof

SEALING = tuple(
    each.name
    for each in (
        events.OutputReleased,
        events.AdvanceVersionReleased,
        events.OutputCompleted,
        events.OutputSealed,
        events.OutputWithdrawn,
    )
)
PATIENCE = timedelta(seconds=10)
"""So long a proof waits for the witnesses' cosignatures; then it goes without those that are missing."""


def prove(session: WriteSession, witnesses: Sequence[Verifier] = ()) -> int:
    """Put a proof beside every manifest that a head holds and that has none; how many. Run again, it does nothing."""
    bare = select(ReleasedManifest).where(~ReleasedManifest.number.in_(select(ReleasedProof.number)))
    done = 0
    for manifest in session.scalars(bare.order_by(ReleasedManifest.number)).all():
        done += _prove(session, manifest, witnesses)
    return done


def _prove(session: WriteSession, manifest: ReleasedManifest, witnesses: Sequence[Verifier]) -> bool:
    named = select(JournalLine.seq).where(
        JournalLine.event.in_(SEALING), JournalLine.facts["manifest"].astext == manifests.named(manifest.statement)
    )
    seq = session.scalar(named.order_by(JournalLine.seq).limit(1))
    over = seq and session.scalar(ledger.heads_over(seq).limit(1))
    if not seq or not over or not is_seen(over, witnesses):
        return False
    place = ledger.place(session, ledger.line(session, seq), over)
    if place:
        session.add(ReleasedProof(number=manifest.number, entry=place.entry, proof=place.proof))
    return bool(place)


def is_seen(over: LedgerHead, witnesses: Sequence[Verifier]) -> bool:
    """Whether every witness cosigned the head, or has had its time."""
    return clock.now() - over.at >= PATIENCE or all(ledger.is_cosigned(over, witness) for witness in witnesses)
