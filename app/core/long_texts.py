"""How much of a long text a page shows, and its headings; files, and the page for reading, have all of it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

MAX_PARAGRAPHS, MAX_CHARACTERS = 400, 300_000
"""A paragraph has up to 20,000 characters (`app.core.rendering.paragraphs`): their number alone bounds no page."""
MAX_CHARACTERS_READ = MAX_CHARACTERS + 25_000
"""With so many, what follows the last paragraph that a page shows is known to be there."""
MAX_DEPTH = 4
"""A page has six levels of headings, of which it needs two for itself."""
MIN_HEADINGS = 2
"""With fewer, there is nothing to choose from in the contents of a text."""
MAX_ANCHOR_LENGTH = 60
"""Characters of a heading in its address."""
NO_LETTERS = re.compile(r"[\W_]+")
NUMBER_OF_HEADING = re.compile(r"^[\W\d_]+")
"""What precedes the first letter of a heading: mostly its number, which changes if another heading is added before."""


@dataclass(frozen=True, slots=True)
class TextHeading:
    """A heading of a text: its anchor on the page, its words, and the headings below it."""

    anchor: str
    words: str
    parts: list["TextHeading"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TextBeginning:
    """The first paragraphs of a text, all unless not `is_whole`, and the depth and the anchor of each as a heading
    (`list_depths`, `list_anchors`), or none of these if no heading is known."""

    paragraphs: Sequence[str]
    depths: Sequence[int]
    anchors: Sequence[str]
    is_whole: bool

    @property
    def contents(self) -> list[TextHeading]:
        """The highest headings, with those below them; none if there is only one heading."""
        ranks: list[list[TextHeading]] = [[]]
        if sum(map(bool, self.depths)) < MIN_HEADINGS:
            return ranks[0]
        for words, depth, anchor in zip(self.paragraphs, self.depths, self.anchors, strict=False):
            if depth:
                del ranks[depth:]
                ranks[-1].append(TextHeading(anchor, words))
                ranks.append(ranks[-1][-1].parts)
        return ranks[0]


def list_depths(levels: Iterable[int]) -> list[int]:
    """List how deep each paragraph is as a heading, by its level: 1 and more without a gap, 0 if it is no heading.

    Authors begin with any level, and leave levels out; on a page each heading is one below the one that it belongs to.
    """
    depths, around = list[int](), list[int]()
    for level in levels:
        while level and around and around[-1] >= level:
            around.pop()
        if level:
            around.append(level)
        depths.append(min(len(around), MAX_DEPTH) if level else 0)
    return depths


def list_anchors(paragraphs: Sequence[str], depths: Sequence[int]) -> list[str]:
    """List the anchor of each heading, "" for other paragraphs.

    An anchor is made of the words of its heading alone, so that a link still leads there after a revision in which
    other parts of the text moved. The same words again have a number behind them.
    """
    anchors, uses = list[str](), Counter[str]()
    for words, depth in zip(paragraphs, depths, strict=False):
        anchor = build_anchor(words) if depth else ""
        uses[anchor] += 1
        anchors.append(f"{anchor}.{uses[anchor]}" if anchor and uses[anchor] > 1 else anchor)
    return anchors


def build_anchor(words: str) -> str:
    """Build an anchor from the letters of a heading, without accents and vowel signs, and without its number."""
    marked = unicodedata.normalize("NFKD", words.casefold())
    plain = "".join(letter for letter in marked if not unicodedata.combining(letter))
    named = NO_LETTERS.sub("-", NUMBER_OF_HEADING.sub("", plain) or plain)
    return f"section-{named[:MAX_ANCHOR_LENGTH].strip('-')}"


def take_beginning(paragraphs: Sequence[str], heading_levels: Sequence[int]) -> TextBeginning:
    """Take as much of a text as a page shows; `heading_levels` are empty if no heading is known."""
    shown, is_whole = take_first_paragraphs(paragraphs)
    depths = list_depths(islice(heading_levels, len(shown)))
    return TextBeginning(shown, depths, list_anchors(shown, depths), is_whole)


def take_first_paragraphs(paragraphs: Sequence[str]) -> tuple[Sequence[str], bool]:
    """Return the first paragraphs, as many as a page shows, and whether these are all. There is at least one of any."""
    length, count = 0, 0
    for paragraph in paragraphs[:MAX_PARAGRAPHS]:
        length += len(paragraph)
        if count and length > MAX_CHARACTERS:
            break
        count += 1
    return paragraphs[:count], count == len(paragraphs)
