"""Form fields of proposals: one line for each, in their order; empty lines are left out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Form

from app.asgi.words import PROPOSALS
from app.core.errors import Unacceptable
from app.core.i18n import Text
from app.core.inputs import OTHERWISE

FIELDS = ("proposal_number", "proposal_kind", "proposal_title", "proposal_concerns")
SPARE = 3
KINDS: list[tuple[str, Text | str]] = [("", "–"), *PROPOSALS.items()]

Many = Annotated[list[str], Form()]
Line = dict[str, str]
"""`kind`, `title` and `concerns` as they were typed."""


async def proposal_fields(
    proposal_number: Many = [],  # noqa: B006 - FastAPI copies it
    proposal_kind: Many = [],  # noqa: B006
    proposal_title: Many = [],  # noqa: B006
    proposal_concerns: Many = [],  # noqa: B006
) -> list[Line]:
    """Collect the lines in the order of the typed numbers. Raises BadRequest if the columns differ in length."""
    if len({len(proposal_number), len(proposal_kind), len(proposal_title), len(proposal_concerns)}) > 1:
        raise Unacceptable(OTHERWISE)
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


ProposalFields = Annotated[list[Line], Depends(proposal_fields)]


def as_typed(kept: Iterable[Mapping[str, object]]) -> list[Line]:
    """Convert stored proposals into lines of the form."""
    return [{name: str(proposal.get(name) or "") for name in ("kind", "title", "concerns")} for proposal in kept]


def with_spare(lines: object) -> Sequence[Line]:
    """Return the lines of a form, followed by `SPARE_LINE_COUNT` empty ones."""
    assert isinstance(lines, Sequence)
    return [*lines, *({"kind": "", "title": "", "concerns": ""} for _ in range(SPARE))]
