"""What became of a document: the section on its page, and the page with the drawing and the same as a nested list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.core.charts import FlowPlan, place_flow
from app.core.i18n import LazyText, text_direction
from app.domain.document_outcomes.rules.outcomes import (
    DocumentOutcomes,
    OutcomeNode,
    OutputOutcome,
    build_outcome_tree,
    walk_outcome_tree,
)
from app.domain.documents.models import Document
from app.http.localization import Localizer
from app.web.views.documents.outcome_words import OutcomeLine, describe_outcomes, describe_state

DOCUMENT = "document"
"""The key of the document itself in the drawing."""
PIXELS_OF_A_CHARACTER = 7.6
"""Width of a character in a box of the drawing, on average."""


@dataclass(frozen=True, slots=True)
class OutcomeSection:
    """The outcomes of a document, the earliest first, and what is to be said besides them; `href` leads to the page
    with the drawing, if there is anything to draw."""

    lines: Sequence[OutcomeLine]
    state: LazyText | None
    href: str | None


@dataclass(frozen=True, slots=True)
class OutcomeBranch:
    """An outcome in the nested list, with those that came of it."""

    line: OutcomeLine
    branches: Sequence["OutcomeBranch"]


@dataclass(frozen=True, slots=True)
class OutcomeDrawing:
    """The drawing: boxes and lines, and the two lines of text of each box, by its key."""

    plan: FlowPlan
    texts: Mapping[str, tuple[str, str]]


def build_outcome_section(document: Document, found: DocumentOutcomes, formats: Localizer) -> OutcomeSection:
    """Build the section from the outcomes that the reader may see."""
    symbols = {each.key: each.symbol for each in found.outcomes if isinstance(each, OutputOutcome) and each.symbol}
    texts = {each.key: symbols[each.parents[0]] for each in found.outcomes if symbols.keys() & each.parents[:1]}
    lines = [_name_text(line, texts.get(line.key)) for line in describe_outcomes(found, formats)]
    state = describe_state(found, is_ended=document.ended_as is not None)
    return OutcomeSection(lines, state, f"/documents/{document.id}/outcomes" if lines else None)


def _name_text(line: OutcomeLine, symbol: str | None) -> OutcomeLine:
    """Say of what came of an output which output that was: in the order of time it is not next to it."""
    return replace(line, details=[symbol, *line.details]) if symbol else line


def build_outcome_branches(found: DocumentOutcomes, formats: Localizer) -> list[OutcomeBranch]:
    """Build the nested list."""
    lines = {line.key: line for line in describe_outcomes(found, formats)}

    def build(nodes: Sequence[OutcomeNode]) -> list[OutcomeBranch]:
        return [OutcomeBranch(lines[node.outcome.key], build(node.children)) for node in nodes]

    return build(build_outcome_tree(found.outcomes))


def build_outcome_drawing(document: Document, found: DocumentOutcomes, formats: Localizer) -> OutcomeDrawing | None:
    """Build the drawing, from the document on; None without an outcome."""
    if not found.outcomes:
        return None
    tree = build_outcome_tree(found.outcomes)
    children = {DOCUMENT: [node.outcome.key for node in tree]}
    children |= {node.outcome.key: [each.outcome.key for each in node.children] for node in walk_outcome_tree(tree)}
    links = [(parent, each.key) for each in found.outcomes for parent in each.parents or (DOCUMENT,)]
    texts = {DOCUMENT: (document.symbol, formats.format_short_day(document.registered_at.date()))}
    for line in describe_outcomes(found, formats):
        texts[line.key] = name_in_box(line, formats)
    plan = place_flow(DOCUMENT, children, links, mirrored=text_direction(formats.language) == "rtl")
    return build_drawing(plan, texts)


def name_in_box(line: OutcomeLine, formats: Localizer) -> tuple[str, str]:
    """Return the two lines of text of the box of an outcome."""
    day = formats.format_short_day(line.day) if line.day else ""
    first, second = line.name or line.words, line.details[0] if line.details else day
    return formats.translate_text(first), formats.translate_text(second)


def build_drawing(plan: FlowPlan, texts: Mapping[str, tuple[str, str]]) -> OutcomeDrawing:
    """Build a drawing of boxes with these texts, cut to what a box has room for; the nested list has the whole."""
    longest = int(plan.box_width / PIXELS_OF_A_CHARACTER)
    shortened = {key: (_shorten(first, longest), _shorten(second, longest)) for key, (first, second) in texts.items()}
    return OutcomeDrawing(plan, shortened)


def _shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
