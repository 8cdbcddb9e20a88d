"""How much of a long text a page shows, and its headings; files, and the page for reading, have all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

MAX_PARAGRAPHS, MAX_CHARACTERS = 400, 300_000
"""A paragraph has up to 20,000 characters (`app.core.rendering.paragraphs`): their number alone bounds no page."""
MAX_CHARACTERS_READ = MAX_CHARACTERS + 25_000
"""With so many, what follows the last paragraph that a page shows is known to be there."""
MAX_DEPTH = 4
"""A page has six levels of headings, of which it needs two for itself."""


@dataclass(frozen=True, slots=True)
class TextHeading:
    """A heading of a text: the number of its paragraph, from 1, its words, and the headings below it."""

    number: int
    words: str
    parts: list["TextHeading"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TextBeginning:
    """The first paragraphs of a text, all unless not `is_whole`, and the depth of each as a heading (`list_depths`), or
    no depths if no heading is known."""

    paragraphs: Sequence[str]
    depths: Sequence[int]
    is_whole: bool

    @property
    def contents(self) -> list[TextHeading]:
        """The highest headings, with those below them."""
        ranks: list[list[TextHeading]] = [[]]
        for number, (words, depth) in enumerate(zip(self.paragraphs, self.depths, strict=False), start=1):
            if depth:
                del ranks[depth:]
                ranks[-1].append(TextHeading(number, words))
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


def take_beginning(paragraphs: Sequence[str], heading_levels: Sequence[int]) -> TextBeginning:
    """Take as much of a text as a page shows; `heading_levels` are empty if no heading is known."""
    shown, is_whole = take_first_paragraphs(paragraphs)
    return TextBeginning(shown, list_depths(islice(heading_levels, len(shown))), is_whole)


def take_first_paragraphs(paragraphs: Sequence[str]) -> tuple[Sequence[str], bool]:
    """Return the first paragraphs, as many as a page shows, and whether these are all. There is at least one of any."""
    length, count = 0, 0
    for paragraph in paragraphs[:MAX_PARAGRAPHS]:
        length += len(paragraph)
        if count and length > MAX_CHARACTERS:
            break
        count += 1
    return paragraphs[:count], count == len(paragraphs)
