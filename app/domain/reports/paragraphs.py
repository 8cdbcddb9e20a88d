"""The paragraphs of a report: what one is, their numbers, and what becomes of them when they are edited. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import uuid4

BREAK = re.compile(r"\n\s*\n")


class Kind(StrEnum):
    """What a paragraph tells; headings have no number."""

    HEADING = "heading"
    TEXT = "text"
    DOCUMENT = "document"
    SPEAKERS = "speakers"
    DECISION = "decision"
    POSITION = "position"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph keeps its `key` through all revisions; `lang` is the language of its words."""

    key: str
    kind: str
    text: str
    lang: str


def new(kind: Kind, text: str, lang: str) -> Paragraph:
    """A paragraph that was not there before."""
    return Paragraph(uuid4().hex[:12], kind, text, lang)


def kept(paragraphs: Iterable[Paragraph]) -> list[dict[str, Any]]:
    """As a revision keeps them."""
    return [asdict(each) for each in paragraphs]


def read(rows: Iterable[Mapping[str, Any]]) -> list[Paragraph]:
    """From what a revision keeps."""
    return [Paragraph(**each) for each in rows]


def numbered(paragraphs: Iterable[Paragraph]) -> Iterator[tuple[int | None, Paragraph]]:
    """Each with its number, from 1; headings have none."""
    number = 0
    for each in paragraphs:
        number += each.kind != Kind.HEADING
        yield (None if each.kind == Kind.HEADING else number), each


def edited(paragraphs: Sequence[Paragraph], texts: Mapping[str, str]) -> list[Paragraph]:
    """With these texts by key, the others as they are.

    An empty text drops the paragraph; an empty line begins a new one after it.
    """
    found: list[Paragraph] = []
    for each in paragraphs:
        if each.key not in texts or texts[each.key] == each.text:
            found.append(each)
            continue
        parts = [part.strip() for part in BREAK.split(texts[each.key]) if part.strip()]
        found += [replace(each, text=parts[0])] if parts else []
        found += [new(Kind.TEXT, part, each.lang) for part in parts[1:]]
    return found
