"""What became of a document: the section on its page, and the page with the drawing and the same as a nested list."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from app.core.charts import FlowPlan, place_flow
from app.core.i18n import LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.domain.document_outcomes.rules.outcomes import (
    DocumentOutcomes,
    Outcome,
    OutcomeNode,
    OutputOutcome,
    build_outcome_tree,
    walk_outcome_tree,
)
from app.domain.documents.models import Document
from app.http.localization import Localizer
from app.web.views.documents.outcome_words import (
    OutcomeLine,
    describe_outcome,
    describe_outcomes,
    describe_state,
    find_outcome_zone,
)

DOCUMENT = "document"
"""The key of the document itself in the drawing."""
BOX_COLUMNS = 27
"""How many letters a line in a box of the drawing has room for."""
LINES_OF_NAME, LINES_OF_REST = 2, 3


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
class BoxWords:
    """What a box of the drawing says, in lines: its name, and the rest, which is in the language `lang` if that is not
    the reader's; `href` is where it leads."""

    name: Sequence[str]
    rest: Sequence[str]
    href: str
    lang: str | None = None

    @property
    def count(self) -> int:
        """Number of its lines."""
        return len(self.name) + len(self.rest)


@dataclass(frozen=True, slots=True)
class OutcomeDrawing:
    """The drawing: boxes and lines, and the words of each box, by its key."""

    plan: FlowPlan
    boxes: Mapping[str, BoxWords]


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
    return nest_outcome_lines(found.outcomes, find_outcome_zone(found), formats)


def nest_outcome_lines(outcomes: Sequence[Outcome], zone: ZoneInfo, formats: Localizer) -> list[OutcomeBranch]:
    """Nest the lines of outcomes under what they came of, with their days in this zone."""
    lines = {each.key: describe_outcome(each, zone, formats) for each in outcomes}

    def build(nodes: Sequence[OutcomeNode]) -> list[OutcomeBranch]:
        return [OutcomeBranch(lines[node.outcome.key], build(node.children)) for node in nodes]

    return build(build_outcome_tree(outcomes))


def build_outcome_drawing(document: Document, found: DocumentOutcomes, formats: Localizer) -> OutcomeDrawing | None:
    """Build the drawing, from the document on; None without an outcome."""
    if not found.outcomes:
        return None
    tree = build_outcome_tree(found.outcomes)
    children = {DOCUMENT: [node.outcome.key for node in tree]}
    children |= {node.outcome.key: [each.outcome.key for each in node.children] for node in walk_outcome_tree(tree)}
    links = [(parent, each.key) for each in found.outcomes for parent in each.parents or (DOCUMENT,)]
    registered = _("registered on %(day)s", day=formats.format_short_day(document.registered_at.date()))
    address = f"/documents/{document.id}"
    boxes = {DOCUMENT: build_box(document.symbol, formats.translate_text(registered), address)}
    boxes |= {line.key: build_outcome_box(line, formats) for line in describe_outcomes(found, formats)}
    return place_drawing(DOCUMENT, children, links, boxes, formats)


def place_drawing(
    root: str,
    children: Mapping[str, Sequence[str]],
    links: Sequence[tuple[str, str]],
    boxes: Mapping[str, BoxWords],
    formats: Localizer,
) -> OutcomeDrawing:
    """Place the boxes of a drawing, all as high as the one with the most lines."""
    mirrored, most = text_direction(formats.language) == "rtl", max(each.count for each in boxes.values())
    return OutcomeDrawing(place_flow(root, children, links, lines=most, mirrored=mirrored), boxes)


def build_outcome_box(line: OutcomeLine, formats: Localizer) -> BoxWords:
    """Build the box of an outcome: the words of the list, of a decision how it begins in place of the rest."""
    rest = line.quotation or " · ".join(map(formats.translate_text, line.details))
    return build_box(formats.translate_text(line.words), rest, line.href, line.lang)


def build_box(name: str, rest: str, href: str, lang: str | None = None) -> BoxWords:
    """Build a box with a name and what is said under it, both in lines."""
    return BoxWords(break_into_lines(name, LINES_OF_NAME), break_into_lines(rest, LINES_OF_REST), href, lang)


def break_into_lines(text: str, most: int) -> list[str]:
    """Break a text into lines that fit into a box, the last cut if there are too many; the nested list has the whole.

    A line breaks at a space, and anywhere in a word that is too long and in scripts that have no spaces.
    """
    parts = chain.from_iterable(
        [part] if _measure(part) <= BOX_COLUMNS and len(part) == _measure(part) else part
        for part in re.findall(r"\S+\s*|\s+", text)
    )
    lines = [""]
    for part in parts:
        if lines[-1] and _measure(lines[-1] + part.rstrip()) > BOX_COLUMNS:
            lines.append("")
        lines[-1] += part
    kept = [line.strip() for line in lines[:most]]
    if len(lines) > most:
        kept[-1] = f"{_make_room(kept[-1])}…"
    return [line for line in kept if line]


def _make_room(line: str) -> str:
    """Cut a line so that one more sign has room: before a word, or in it if there is no other."""
    while _measure(line) >= BOX_COLUMNS:
        line = line.rsplit(maxsplit=1)[0] if " " in line else line[:-1]
    return line.rstrip(" ·,")


def _measure(text: str) -> int:
    """Return how wide a text is, in columns: a Chinese character takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
