"""The form of proposals: a line for each, in their order; lines that say nothing are left out."""

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
"""kind, title, concerns, as they were typed."""


async def proposal_fields(
    proposal_number: Many = [],  # noqa: B006 - FastAPI copies it
    proposal_kind: Many = [],  # noqa: B006
    proposal_title: Many = [],  # noqa: B006
    proposal_concerns: Many = [],  # noqa: B006
) -> list[Line]:
    """What was typed, in the order of the numbers. Raises Unacceptable if it is no form of ours."""
    if len({len(proposal_number), len(proposal_kind), len(proposal_title), len(proposal_concerns)}) > 1:
        raise Unacceptable(OTHERWISE)
    lines = [
        {"kind": kind, "title": title, "concerns": concerns}
        for kind, title, concerns in zip(proposal_kind, proposal_title, proposal_concerns, strict=True)
    ]
    places = [_place(typed, here) for here, typed in enumerate(proposal_number, 1)]
    ordered = sorted(zip(places, range(len(lines)), lines, strict=True), key=lambda each: each[:2])
    return [line for _, _, line in ordered if any(words.strip() for words in line.values())]


def _place(typed: str, here: int) -> tuple[int, int]:
    """Where a line goes: to the number that was typed; what stands there moves towards where it came from."""
    wanted = int(typed) if typed.isascii() and typed.strip().isdigit() and len(typed) < 6 else here
    return wanted, (wanted > here) - (wanted < here)


ProposalFields = Annotated[list[Line], Depends(proposal_fields)]


def as_typed(kept: Iterable[Mapping[str, object]]) -> list[Line]:
    """What a form begins with."""
    return [{name: str(each.get(name) or "") for name in ("kind", "title", "concerns")} for each in kept]


def with_spare(lines: object) -> Sequence[Line]:
    """The lines of a form, and a few more to fill in."""
    assert isinstance(lines, Sequence)
    return [*lines, *({"kind": "", "title": "", "concerns": ""} for _ in range(SPARE))]
