"""The place of a receipt in the ledger: its line, the signed head that includes it, and the witnesses of that head."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.db import ReadSession
from app.domain.ledger import notes, queries
from app.domain.ledger.models import LedgerHead


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: how many lines it includes, its root in base64, when it was signed, and its witnesses."""

    size: int
    root: str
    at: datetime
    witnesses: Sequence[tuple[str, datetime]]


@dataclass(frozen=True, slots=True)
class Standing:
    """Inclusion of a receipt. `line` is None if no line names it, `head` while no head includes that line.

    `is_witnessed`: a witness is configured.
    """

    line: int | None
    head: Head | None
    is_witnessed: bool

    @property
    def index(self) -> int:
        """Leaf index by which tools ask for the proof: lines count from one, leaves from zero."""
        return (self.line or 1) - 1


def standing(session: ReadSession, digest: str, *, is_witnessed: bool) -> Standing:
    """Find the inclusion of a receipt by the SHA-256 of its statement."""
    line = queries.line_of_receipt(session, digest)
    head = queries.covering(session, line["seq"]) if line else None
    return Standing(line["seq"] if line else None, _build_head_view(head) if head else None, is_witnessed)


def _build_head_view(head: LedgerHead) -> Head:
    """Build the view of a head with its cosignatures."""
    signatures = [notes.signature_line(signature[:-1]) for signature in head.cosignatures]
    witnesses = [(signature.name, datetime.fromtimestamp(signature.at, tz=UTC)) for signature in signatures]
    return Head(head.size, notes.in_base64(head.root), head.at, witnesses)
