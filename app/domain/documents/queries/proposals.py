"""Proposals inside a document: their numbers, and symbols such as `KEN/5/1`.

Proposals of the text are part 0, those of addendum n are part n. Within a part they are numbered from 1 in their order,
so that no number is ever missing.
"""

from collections.abc import Iterable, Sequence

from app.core.db import ReadSession
from app.domain.documents.inputs import NumberedProposal, ProposalInput
from app.domain.documents.models import Document, DocumentSeries, Edition, EditionStep, ProposalRows


def build_numbered_proposal_rows(proposals: Iterable[ProposalInput], part: int) -> ProposalRows:
    """Return proposals of one part as rows for the register, numbered from 1."""
    return [{**dump_proposal(proposal), "part": part, "number": number} for number, proposal in enumerate(proposals, 1)]


def dump_proposal(proposal: ProposalInput) -> dict[str, object]:
    """Return a proposal as a row for a draft, where it has no number yet."""
    return proposal.model_dump(mode="json", include=set(ProposalInput.model_fields))


def replace_proposals_of_part(document: Document, part: int, proposals: Iterable[ProposalInput]) -> ProposalRows:
    """Return the proposals of a document with one part replaced."""
    others = [row for row in document.proposals if row["part"] != part]
    rows = [NumberedProposal.model_validate(row) for row in (*others, *build_numbered_proposal_rows(proposals, part))]
    return [row.model_dump(mode="json") for row in sorted(rows, key=lambda row: (row.part, row.number))]


def get_part_number_of_edition(edition: Edition) -> int | None:
    """Return the part number of an edition; None for a corrigendum, which has no proposals."""
    if edition.step == EditionStep.CORRIGENDUM:
        return None
    return edition.number if edition.step == EditionStep.ADDENDUM else 0


def list_edition_proposals(document: Document, edition: Edition, in_force: Edition) -> list[NumberedProposal]:
    """List the proposals of an edition: as corrected, if it is in force or an addendum; otherwise as registered."""
    part = get_part_number_of_edition(edition)
    is_current = part is not None and (part > 0 or edition.id == in_force.id)
    rows = [row for row in document.proposals if row["part"] == part] if is_current else edition.proposals
    return [NumberedProposal.model_validate(row) for row in rows]


def format_proposal_symbol(symbol_format: str, entity: str, number: int, proposal: NumberedProposal) -> str:
    """Format the symbol of a proposal; `symbol_format` is that of the series of its document."""
    part = f"A{proposal.part}" if proposal.part else ""
    return symbol_format.format(source=entity, number=number, part=part, proposal=proposal.number)


def list_proposal_symbols(session: ReadSession, document: Document, proposals: Sequence[NumberedProposal]) -> list[str]:
    """List the symbols of proposals of a document. Access is checked by the caller."""
    symbol_format = session.get_one(DocumentSeries, document.series_id).proposal if proposals else ""
    return [format_proposal_symbol(symbol_format, document.entity, document.number, proposal) for proposal in proposals]


def format_proposals(session: ReadSession, document: Document, proposals: Sequence[NumberedProposal]) -> str:
    """Format proposals as one text, for the record of a correction."""
    lines = []
    for symbol, proposal in zip(list_proposal_symbols(session, document, proposals), proposals, strict=True):
        lines.append(
            " ".join(
                filter(None, (symbol, proposal.kind, proposal.title, proposal.concerns and f"({proposal.concerns})"))
            )
        )
    return "; ".join(lines)
