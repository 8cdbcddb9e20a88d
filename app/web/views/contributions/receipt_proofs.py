"""The place of a receipt in the ledger: its line, the signed head that includes it, and the witnesses of that head."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries.ledger import JournalRow
from app.domain.ledger.rules import signed_notes


@dataclass(frozen=True, slots=True)
class LedgerHeadView:
    """A signed head: how many lines it includes, its root in base64, when it was signed, and its witnesses."""

    size: int
    root: str
    at: datetime
    witnesses: Sequence[tuple[str, datetime]]


@dataclass(frozen=True, slots=True)
class ReceiptInclusion:
    """Inclusion of a receipt. `line` is None if no line names it, `head` while no head includes that line.

    `is_witnessed`: a witness is configured.
    """

    line: int | None
    head: LedgerHeadView | None
    is_witnessed: bool

    @property
    def index(self) -> int:
        """Leaf index by which tools ask for the proof: lines count from one, leaves from zero."""
        return (self.line or 1) - 1


def build_receipt_inclusion(
    line: JournalRow | None, head: LedgerHead | None, *, is_witnessed: bool
) -> ReceiptInclusion:
    """Build the inclusion of a receipt from its line and the head that covers it."""
    return ReceiptInclusion(line["seq"] if line else None, _build_head_view(head) if head else None, is_witnessed)


def _build_head_view(head: LedgerHead) -> LedgerHeadView:
    """Build the view of a head with its cosignatures."""
    signatures = [signed_notes.parse_signature_line(signature[:-1]) for signature in head.cosignatures]
    witnesses = [(signature.name, datetime.fromtimestamp(signature.cosigned_at, tz=UTC)) for signature in signatures]
    return LedgerHeadView(head.size, signed_notes.encode_base64(head.root), head.at, witnesses)
