"""Where a receipt stands in the ledger, for people: its line, the head that holds it, and that head's witnesses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.db import ReadSession
from app.domain.ledger import notes, queries
from app.domain.ledger.models import LedgerHead


@dataclass(frozen=True, slots=True)
class Head:
    """A head: lines that it holds, its root in base64, when it was signed, and who cosigned it when."""

    size: int
    root: str
    at: datetime
    witnesses: Sequence[tuple[str, datetime]]


@dataclass(frozen=True, slots=True)
class Standing:
    """`line` is None where no line names the receipt, `head` while none holds that line.

    `is_witnessed` says whether a witness is set up at all.
    """

    line: int | None
    head: Head | None
    is_witnessed: bool

    @property
    def index(self) -> int:
        """By which tools ask for the proof: lines count from one, leaves from nought."""
        return (self.line or 1) - 1


def standing(session: ReadSession, digest: str, *, is_witnessed: bool) -> Standing:
    """That of a receipt, by the SHA-256 of what was signed."""
    line = queries.line_of_receipt(session, digest)
    head = queries.covering(session, line["seq"]) if line else None
    return Standing(line["seq"] if line else None, _told(head) if head else None, is_witnessed)


def _told(head: LedgerHead) -> Head:
    seen = [notes.signature_line(each[:-1]) for each in head.cosignatures]
    witnesses = [(each.name, datetime.fromtimestamp(each.at, tz=UTC)) for each in seen]
    return Head(head.size, notes.in_base64(head.root), head.at, witnesses)
