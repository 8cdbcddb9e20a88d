"""Form fields of proposals: one line for each, in their order; empty lines are left out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Form

from app.core.errors import BadRequest
from app.core.i18n import LazyText
from app.core.validation import FALLBACK_MESSAGE
from app.http.labels import PROPOSAL_MARK_LABELS

PROPOSAL_FIELD_NAMES = ("proposal_number", "proposal_kind", "proposal_title", "proposal_concerns")
SPARE_LINE_COUNT = 3
PROPOSAL_KIND_CHOICES: list[tuple[str, LazyText | str]] = [("", "–"), *PROPOSAL_MARK_LABELS.items()]

RepeatedTextField = Annotated[list[str], Form()]
TypedProposal = dict[str, str]
"""`kind`, `title` and `concerns` as they were typed."""


async def proposal_fields(
    proposal_number: RepeatedTextField = [],  # noqa: B006 - FastAPI copies it
    proposal_kind: RepeatedTextField = [],  # noqa: B006
    proposal_title: RepeatedTextField = [],  # noqa: B006
    proposal_concerns: RepeatedTextField = [],  # noqa: B006
) -> list[TypedProposal]:
    """Collect the lines in the order of the typed numbers. Raises BadRequest if the columns differ in length."""
    if len({len(proposal_number), len(proposal_kind), len(proposal_title), len(proposal_concerns)}) > 1:
        raise BadRequest(FALLBACK_MESSAGE)
    lines = [
        {"kind": kind, "title": title, "concerns": concerns}
        for kind, title, concerns in zip(proposal_kind, proposal_title, proposal_concerns, strict=True)
    ]
    sort_keys = [_sort_key(typed, position) for position, typed in enumerate(proposal_number, 1)]
    ordered = sorted(zip(sort_keys, range(len(lines)), lines, strict=True), key=lambda entry: entry[:2])
    return [line for _, _, line in ordered if any(text.strip() for text in line.values())]


def _sort_key(typed: str, position: int) -> tuple[int, int]:
    """Return where a line goes: to its typed number, else where it is.

    Of two lines with one number, the one that came from further down goes first.
    """
    target = int(typed) if typed.isascii() and typed.strip().isdigit() and len(typed) < 6 else position
    return target, (target > position) - (target < position)


ProposalFields = Annotated[list[TypedProposal], Depends(proposal_fields)]


def format_proposals_for_form(proposals: Iterable[Mapping[str, object]]) -> list[TypedProposal]:
    """Convert stored proposals into lines of the form."""
    return [{name: str(proposal.get(name) or "") for name in ("kind", "title", "concerns")} for proposal in proposals]


def add_spare_lines(lines: object) -> Sequence[TypedProposal]:
    """Return the lines of a form, followed by `SPARE_LINE_COUNT` empty ones."""
    assert isinstance(lines, Sequence)
    return [*lines, *({"kind": "", "title": "", "concerns": ""} for _ in range(SPARE_LINE_COUNT))]
