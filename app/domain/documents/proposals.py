"""Proposals inside a document: how they are numbered and called, such as `KEN/5/1` (General Rules, No. 42).

Those of the text are part 0, those of addendum n are part n. Within a part they count from 1, in the order in which
they stand, so that no number is ever missing.
"""

from collections.abc import Iterable, Sequence

from app.core.db import ReadSession
from app.domain.documents.inputs import Numbered, Proposal
from app.domain.documents.models import Document, Edition, Rows, Series, Step


def numbered(proposals: Iterable[Proposal], part: int) -> Rows:
    """As they are kept on the register."""
    return [{**kept(each), "part": part, "number": number} for number, each in enumerate(proposals, 1)]


def kept(proposal: Proposal) -> dict[str, object]:
    """As it is kept in a draft, before it has a number."""
    return proposal.model_dump(mode="json", include=set(Proposal.model_fields))


def replaced(document: Document, part: int, proposals: Iterable[Proposal]) -> Rows:
    """What a document lists, with one part of it exchanged."""
    others = [row for row in document.proposals if row["part"] != part]
    rows = [Numbered.model_validate(row) for row in (*others, *numbered(proposals, part))]
    return [row.model_dump(mode="json") for row in sorted(rows, key=lambda row: (row.part, row.number))]


def part_of(edition: Edition) -> int | None:
    """Which part of the list is an edition's; None for a corrigendum, which proposes nothing."""
    if edition.step == Step.CORRIGENDUM:
        return None
    return edition.number if edition.step == Step.ADDENDUM else 0


def of_edition(document: Document, edition: Edition, in_force: Edition) -> list[Numbered]:
    """What an edition lists: as corrected, if it is in force or an addendum; else as it was registered."""
    part = part_of(edition)
    stands = part is not None and (part > 0 or edition.id == in_force.id)
    rows = [row for row in document.proposals if row["part"] == part] if stands else edition.proposals
    return [Numbered.model_validate(row) for row in rows]


def called(how: str, entity: str, number: int, proposal: Numbered) -> str:
    """The symbol of a proposal; `how` is the format of its document's series."""
    part = f"A{proposal.part}" if proposal.part else ""
    return how.format(source=entity, number=number, part=part, proposal=proposal.number)


def symbols(session: ReadSession, document: Document, proposals: Sequence[Numbered]) -> list[str]:
    """The symbols of proposals of a document that was found for the actor."""
    how = session.get_one(Series, document.series_id).proposal
    return [called(how, document.entity, document.number, each) for each in proposals]


def written(session: ReadSession, document: Document, proposals: Sequence[Numbered]) -> str:
    """All of them as one text, for the record of a correction."""
    lines = []
    for symbol, each in zip(symbols(session, document, proposals), proposals, strict=True):
        lines.append(" ".join(filter(None, (symbol, each.kind, each.title, each.concerns and f"({each.concerns})"))))
    return "; ".join(lines)
