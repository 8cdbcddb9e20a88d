"""What a draft that was generated again proposes for the text of a report, and what was taken of it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.core.text_diff import ChangeKind, DiffParagraph
from app.domain.reports.rules.paragraphs import ReportParagraph


class ParagraphProposalKind(StrEnum):
    """What is done if a proposal is taken."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class ParagraphProposal:
    """A difference between the text and the generated draft.

    `key` is that of the paragraph of the text that is changed or removed, or after which one is added; empty at the
    beginning. `digest` is that of the proposed paragraph; empty to remove one.
    """

    kind: ParagraphProposalKind
    key: str
    digest: str

    @property
    def code(self) -> str:
        """Return what a form sends to take it: another wording has another code."""
        return f"{self.kind}.{self.key}.{self.digest}"


def digest_paragraph(paragraph: ReportParagraph) -> str:
    """Return the digest of what a paragraph says, without its key, which is new in each generated draft."""
    said = f"{paragraph.kind} {paragraph.lang} {paragraph.text}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def list_proposals(
    present: Sequence[ReportParagraph], generated: Sequence[ReportParagraph], diff: Sequence[DiffParagraph]
) -> Iterator[tuple[ParagraphProposal | None, ReportParagraph | None, ReportParagraph | None]]:
    """Yield for each paragraph of the comparison what is proposed, None if nothing is, with the paragraph of the text
    and that of the generated draft."""
    here, there, previous_key = iter(present), iter(generated), ""
    for each in diff:
        ours = None if each.kind is ChangeKind.ADDED else next(here)
        theirs = None if each.kind is ChangeKind.REMOVED else next(there)
        previous_key = ours.key if ours else previous_key
        proposal = None
        if each.kind is not ChangeKind.SAME:
            kind = (
                ParagraphProposalKind.ADD
                if not ours
                else ParagraphProposalKind.CHANGE
                if theirs
                else ParagraphProposalKind.REMOVE
            )
            proposal = ParagraphProposal(kind, previous_key, digest_paragraph(theirs) if theirs else "")
        yield proposal, ours, theirs


def take_proposals(
    present: Sequence[ReportParagraph], generated: Sequence[ReportParagraph], codes: Sequence[str]
) -> list[ReportParagraph]:
    """Return the text with these proposals, in the order in which they are given; all other paragraphs stay.

    Raises ValueError if the text or the generated draft does not contain what a code names, or not so often.
    """
    by_digest: Mapping[str, list[ReportParagraph]] = defaultdict(list)
    for each in generated:
        by_digest[digest_paragraph(each)].append(each)
    keys = {paragraph.key for paragraph in present}
    changes: dict[str, ReportParagraph | None] = {}
    additions: Mapping[str, list[ReportParagraph]] = defaultdict(list)
    for code in codes:
        proposal = _parse_proposal(code)
        if proposal.key not in keys and (proposal.kind is not ParagraphProposalKind.ADD or proposal.key):
            raise ValueError("no such paragraph in the text")
        alike = by_digest[proposal.digest]
        if not alike and proposal.kind is not ParagraphProposalKind.REMOVE:
            raise ValueError("no such paragraph in the generated draft")
        proposed = alike.pop(0) if alike else None  # two that say the same are two paragraphs, each with its key
        if proposal.kind is ParagraphProposalKind.ADD and proposed:
            additions[proposal.key].append(proposed)
        else:
            changes[proposal.key] = proposed and replace(proposed, key=proposal.key)
    kept = ((paragraph.key, changes.get(paragraph.key, paragraph)) for paragraph in present)
    result = list(additions[""])
    for key, paragraph in kept:
        result += [paragraph] if paragraph else []
        result += additions[key]
    return result


def _parse_proposal(code: str) -> ParagraphProposal:
    """Parse a code. Raises ValueError for anything else."""
    kind, key, digest = code.split(".")
    return ParagraphProposal(ParagraphProposalKind(kind), key, digest)
