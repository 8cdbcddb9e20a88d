"""Proposals inside a document: their numbers, and symbols such as `KEN/5/1`.

Proposals of the text are part 0, those of addendum n are part n. Within a part they are numbered from 1 in their order,
so that no number is ever missing.
"""

from collections.abc import Iterable, Sequence

from app.core.db import ReadSession
from app.domain.documents.inputs import Numbered, Proposal
from app.domain.documents.models import Document, Edition, Rows, Series, Step


def numbered(proposals: Iterable[Proposal], part: int) -> Rows:
    """Return proposals of one part as rows for the register, numbered from 1."""
    return [{**kept(proposal), "part": part, "number": number} for number, proposal in enumerate(proposals, 1)]


def kept(proposal: Proposal) -> dict[str, object]:
    """Return a proposal as a row for a draft, where it has no number yet."""
    return proposal.model_dump(mode="json", include=set(Proposal.model_fields))


def replaced(document: Document, part: int, proposals: Iterable[Proposal]) -> Rows:
    """Return the proposals of a document with one part replaced."""
    others = [row for row in document.proposals if row["part"] != part]
    rows = [Numbered.model_validate(row) for row in (*others, *numbered(proposals, part))]
    return [row.model_dump(mode="json") for row in sorted(rows, key=lambda row: (row.part, row.number))]


def part_of(edition: Edition) -> int | None:
    """Return the part number of an edition; None for a corrigendum, which has no proposals."""
    if edition.step == Step.CORRIGENDUM:
        return None
    return edition.number if edition.step == Step.ADDENDUM else 0


def of_edition(document: Document, edition: Edition, in_force: Edition) -> list[Numbered]:
    """List the proposals of an edition: as corrected, if it is in force or an addendum; otherwise as registered."""
    part = part_of(edition)
    is_current = part is not None and (part > 0 or edition.id == in_force.id)
    rows = [row for row in document.proposals if row["part"] == part] if is_current else edition.proposals
    return [Numbered.model_validate(row) for row in rows]


def called(how: str, entity: str, number: int, proposal: Numbered) -> str:
    """Format the symbol of a proposal; `symbol_format` is that of the series of its document."""
    part = f"A{proposal.part}" if proposal.part else ""
    return how.format(source=entity, number=number, part=part, proposal=proposal.number)


def symbols(session: ReadSession, document: Document, proposals: Sequence[Numbered]) -> list[str]:
    """List the symbols of proposals of a document. Access is checked by the caller."""
    symbol_format = session.get_one(Series, document.series_id).proposal
    return [called(symbol_format, document.entity, document.number, proposal) for proposal in proposals]


def written(session: ReadSession, document: Document, proposals: Sequence[Numbered]) -> str:
    """Format proposals as one text, for the record of a correction."""
    lines = []
    for symbol, proposal in zip(symbols(session, document, proposals), proposals, strict=True):
        lines.append(
            " ".join(
                filter(None, (symbol, proposal.kind, proposal.title, proposal.concerns and f"({proposal.concerns})"))
            )
        )
    return "; ".join(lines)
