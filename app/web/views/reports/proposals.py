"""A generated draft next to the text of the report, paragraph by paragraph; what is the same is folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.text_comparison import compare_two_texts
from app.core.text_diff import DiffParagraph
from app.domain.reports.rules.paragraphs import ReportParagraph
from app.domain.reports.rules.proposals import ParagraphProposal, list_proposals
from app.web.views.documents.diffs import group_diff_blocks


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A paragraph of the text next to that of the generated draft; without a proposal, they are the same."""

    difference: DiffParagraph
    proposal: ParagraphProposal | None
    present: ReportParagraph | None
    generated: ReportParagraph | None


@dataclass(frozen=True, slots=True)
class ProposalBlock:
    """Consecutive rows: shown, or folded because none of them differs."""

    folded: bool
    rows: Sequence[ProposalRow]


def build_proposal_blocks(
    present: Sequence[ReportParagraph], generated: Sequence[ReportParagraph]
) -> Iterator[ProposalBlock]:
    """Compare the text with the generated draft. Raises Unavailable while the service that compares does not answer."""
    diff = compare_two_texts([each.text for each in present], [each.text for each in generated])
    listed = list_proposals(present, generated, diff)
    for block in group_diff_blocks(diff):
        yield ProposalBlock(block.folded, [ProposalRow(each, *next(listed)) for each in block.paragraphs])
