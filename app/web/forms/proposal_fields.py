"""Form fields of proposals: one line for each, in their order; empty lines are left out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Form

from app.core.errors import BadRequest
from app.core.i18n import LazyText
from app.core.validation import FALLBACK_MESSAGE
from app.http.labels import PROPOSAL_MARK_LABELS
from app.web.forms.parsing import TypedForm

SPARE_LINE_COUNT = 3
PROPOSAL_KIND_CHOICES: list[tuple[str, LazyText | str]] = [("", "–"), *PROPOSAL_MARK_LABELS.items()]

TypedProposal = dict[str, str]
"""`kind`, `title` and `concerns` as they were typed."""


class ProposalLinesForm(TypedForm):
    """The lines of proposals as a form sends them: each field once for each line."""

    proposal_number: tuple[str, ...] = ()
    proposal_kind: tuple[str, ...] = ()
    proposal_title: tuple[str, ...] = ()
    proposal_concerns: tuple[str, ...] = ()


PROPOSAL_FIELD_NAMES = tuple(ProposalLinesForm.model_fields)


async def collect_proposal_lines(form: Annotated[ProposalLinesForm, Form()]) -> list[TypedProposal]:
    """Collect the lines in the order of the typed numbers. Raises BadRequest if the columns differ in length."""
    columns = (form.proposal_number, form.proposal_kind, form.proposal_title, form.proposal_concerns)
    if len({len(column) for column in columns}) > 1:
        raise BadRequest(FALLBACK_MESSAGE)
    keyed_lines = [
        (_sort_key(number, position), position, {"kind": kind, "title": title, "concerns": concerns})
        for position, (number, kind, title, concerns) in enumerate(zip(*columns, strict=True), 1)
    ]
    ordered = sorted(keyed_lines, key=lambda entry: entry[:2])
    return [line for _, _, line in ordered if any(text.strip() for text in line.values())]


def _sort_key(typed: str, position: int) -> tuple[int, int]:
    """Return where a line goes: to its typed number, else where it is.

    Of two lines with one number, the one that came from further down goes first.
    """
    target = int(typed) if typed.isascii() and typed.strip().isdigit() and len(typed) < 6 else position
    return target, (target > position) - (target < position)


ProposalFields = Annotated[list[TypedProposal], Depends(collect_proposal_lines)]


def format_proposals_for_form(proposals: Iterable[Mapping[str, object]]) -> list[TypedProposal]:
    """Convert stored proposals into lines of the form."""
    return [{name: str(proposal.get(name) or "") for name in ("kind", "title", "concerns")} for proposal in proposals]


def add_spare_lines(lines: object) -> Sequence[TypedProposal]:
    """Return the lines of a form, followed by `SPARE_LINE_COUNT` empty ones."""
    assert isinstance(lines, Sequence)
    return [*lines, *({"kind": "", "title": "", "concerns": ""} for _ in range(SPARE_LINE_COUNT))]
