"""Paragraphs of a report: creating, numbering and editing them, as pure functions."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import uuid4

BREAK = re.compile(r"\n\s*\n")


class Kind(StrEnum):
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


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a report. `key` stays the same through all revisions; `lang` is the language of the text."""

    key: str
    kind: str
    text: str
    lang: str


def new(kind: Kind, text: str, lang: str) -> Paragraph:
    """Create a paragraph with a new key."""
    return Paragraph(uuid4().hex[:12], kind, text, lang)


def kept(paragraphs: Iterable[Paragraph]) -> list[dict[str, Any]]:
    """Return paragraphs as rows to be stored in a revision."""
    return [asdict(paragraph) for paragraph in paragraphs]


def read(rows: Iterable[Mapping[str, Any]]) -> list[Paragraph]:
    """Load paragraphs from the rows of a revision."""
    return [Paragraph(**row) for row in rows]


def numbered(paragraphs: Iterable[Paragraph]) -> Iterator[tuple[int | None, Paragraph]]:
    """Yield each paragraph with its number, from 1; None for headings."""
    number = 0
    for paragraph in paragraphs:
        number += paragraph.kind != Kind.HEADING
        yield (None if paragraph.kind == Kind.HEADING else number), paragraph


def edited(paragraphs: Sequence[Paragraph], texts: Mapping[str, str]) -> list[Paragraph]:
    """Return the paragraphs with the given texts, by key; the others stay as they are.

    An empty text removes the paragraph; a blank line starts a new one after it.
    """
    result: list[Paragraph] = []
    for paragraph in paragraphs:
        if paragraph.key not in texts or texts[paragraph.key] == paragraph.text:
            result.append(paragraph)
            continue
        parts = [part.strip() for part in BREAK.split(texts[paragraph.key]) if part.strip()]
        result += [replace(paragraph, text=parts[0])] if parts else []
        result += [new(Kind.TEXT, part, paragraph.lang) for part in parts[1:]]
    return result
