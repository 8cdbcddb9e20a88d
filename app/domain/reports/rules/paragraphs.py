"""Paragraphs of a report: creating, numbering and editing them, as pure functions."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import uuid4

PARAGRAPH_BREAK = re.compile(r"\n\s*\n")


class ParagraphKind(StrEnum):
    """Kind of a paragraph; headings have no number."""

    HEADING = "heading"
    TEXT = "text"
    DOCUMENT = "document"
    SPEAKERS = "speakers"
    DECISION = "decision"
    POSITION = "position"
    ACTION = "action"
    OUTPUT = "output"
    PARTICIPANTS = "participants"


QUOTED_KINDS = (ParagraphKind.HEADING, ParagraphKind.DECISION, ParagraphKind.POSITION, ParagraphKind.ACTION)
"""Kinds of paragraphs with words of others, each in the language in which it was written."""


FACTS_OF_ITEM = (ParagraphKind.DOCUMENT, ParagraphKind.SPEAKERS)
BEFORE_WHAT_WAS_SAID = (ParagraphKind.HEADING, *FACTS_OF_ITEM)


@dataclass(frozen=True, slots=True)
class ReportParagraph:
    """A paragraph of a report. `key` stays the same through all revisions; `lang` is the language of the text."""

    key: str
    kind: str
    text: str
    lang: str


def create_paragraph(kind: ParagraphKind, text: str, lang: str) -> ReportParagraph:
    """Create a paragraph with a new key."""
    return ReportParagraph(uuid4().hex[:12], kind, text, lang)


def dump_paragraphs(paragraphs: Iterable[ReportParagraph]) -> list[dict[str, Any]]:
    """Return paragraphs as rows to be stored in a revision."""
    return [asdict(paragraph) for paragraph in paragraphs]


def load_paragraphs(rows: Iterable[Mapping[str, Any]]) -> list[ReportParagraph]:
    """Load paragraphs from the rows of a revision."""
    return [ReportParagraph(**row) for row in rows]


def find_paragraph(paragraphs: Iterable[ReportParagraph], key: str) -> ReportParagraph | None:
    """Find the paragraph with this key; None if there is none."""
    return next((each for each in paragraphs if each.key == key), None)


def number_paragraphs(paragraphs: Iterable[ReportParagraph]) -> Iterator[tuple[int | None, ReportParagraph]]:
    """Yield each paragraph with its number, from 1; None for headings."""
    number = 0
    for paragraph in paragraphs:
        number += paragraph.kind != ParagraphKind.HEADING
        yield (None if paragraph.kind == ParagraphKind.HEADING else number), paragraph


def edit_paragraphs(paragraphs: Sequence[ReportParagraph], texts_by_key: Mapping[str, str]) -> list[ReportParagraph]:
    """Return the paragraphs with the given texts, by key; the others stay as they are.

    An empty text removes the paragraph; a blank line starts a new one after it.
    """
    result: list[ReportParagraph] = []
    for paragraph in paragraphs:
        if paragraph.key not in texts_by_key or texts_by_key[paragraph.key] == paragraph.text:
            result.append(paragraph)
            continue
        parts = [part.strip() for part in PARAGRAPH_BREAK.split(texts_by_key[paragraph.key]) if part.strip()]
        result += [replace(paragraph, text=parts[0])] if parts else []
        result += [create_paragraph(ParagraphKind.TEXT, part, paragraph.lang) for part in parts[1:]]
    return result


def list_changed_keys(earlier: Iterable[ReportParagraph], later: Iterable[ReportParagraph]) -> frozenset[str]:
    """Return the keys of the paragraphs that one of two texts has otherwise than the other, or not at all."""
    return frozenset(each.key for each in {*earlier} ^ {*later})


def restore_paragraph(
    present: Sequence[ReportParagraph], earlier: Sequence[ReportParagraph], key: str
) -> list[ReportParagraph]:
    """Return the present paragraphs with one as it was in an earlier text. One that is gone comes after the nearest of
    its former predecessors that is still there."""
    keys = [each.key for each in earlier]
    at = keys.index(key)
    present_keys = [each.key for each in present]
    if key in present_keys:
        return [earlier[at] if each.key == key else each for each in present]
    after = next((present_keys.index(each) + 1 for each in reversed(keys[:at]) if each in present_keys), 0)
    return [*present[:after], earlier[at], *present[after:]]


def insert_paragraphs(present: Sequence[ReportParagraph], key: str, text: str, lang: str) -> list[ReportParagraph]:
    """Return the paragraphs with a text, of which a blank line starts a new paragraph, after the one with this key;
    under a heading, after the sentences about documents and speakers."""
    at = next(place for place, each in enumerate(present) if each.key == key) + 1
    while present[at - 1].kind in BEFORE_WHAT_WAS_SAID and at < len(present) and present[at].kind in FACTS_OF_ITEM:
        at += 1
    parts = [part.strip() for part in PARAGRAPH_BREAK.split(text) if part.strip()]
    return [*present[:at], *(create_paragraph(ParagraphKind.TEXT, part, lang) for part in parts), *present[at:]]


def find_main_language(paragraphs: Iterable[ReportParagraph], otherwise: str) -> str:
    """Return the language in which most paragraphs are that quote no one; without such a paragraph, `otherwise`."""
    counts = Counter(paragraph.lang for paragraph in paragraphs if paragraph.kind not in QUOTED_KINDS)
    return max(counts, key=lambda lang: (counts[lang], lang == otherwise), default=otherwise)
