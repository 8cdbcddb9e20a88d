"""What a document says on its cover, bounded and cleaned for the fields of a form. Nothing is decided by it."""

from dataclasses import dataclass
from typing import Final

MAX_LINE_LENGTH: Final = 300
MAX_PROSE_LENGTH: Final = 4_000
MAX_READ_PROPOSALS: Final = 50
PROPOSAL_MARKS: Final = ("ADD", "MOD", "SUP", "NOC")
"""The marks of ITU for what a proposal does to a provision; they are the same in every language."""


@dataclass(frozen=True, slots=True)
class ProposalReading:
    """A proposal as a document lists it: its text in one line, its mark (`PROPOSAL_MARKS`), and what it concerns."""

    title: str
    kind: str | None = None
    concerns: str | None = None


@dataclass(frozen=True, slots=True)
class CoverReading:
    """What a document says on its cover. None where it says nothing, or where a template was not filled in.

    `title`, `source`, `purpose` and `item` are one line of at most `MAX_LINE_LENGTH` characters; `abstract`, `action`
    and `contact` have paragraphs, `MAX_PROSE_LENGTH` characters together. `purpose` and `item` are the words of the
    document, which a form compares with its choices. `title_is_property` is whether the title is in the properties of
    the file alone, where that of another document is often left.
    """

    title: str | None = None
    source: str | None = None
    purpose: str | None = None
    item: str | None = None
    abstract: str | None = None
    action: str | None = None
    contact: str | None = None
    proposals: tuple[ProposalReading, ...] = ()
    title_is_property: bool = False

    def to_json(self) -> dict[str, object]:
        """Return plain values for the report."""
        return {
            "title": self.title,
            "source": self.source,
            "purpose": self.purpose,
            "item": self.item,
            "abstract": self.abstract,
            "action": self.action,
            "contact": self.contact,
            "proposals": [
                {"title": each.title, "kind": each.kind, "concerns": each.concerns} for each in self.proposals
            ],
            "title_is_property": self.title_is_property,
        }


NOTHING_READ: Final = CoverReading()
