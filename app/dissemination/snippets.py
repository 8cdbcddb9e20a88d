"""What is shown of a hit: its title and the passages that answer best, with what was asked for marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.i18n import LANGUAGES
from app.core.search.passages import Passage, passages
from app.core.search.question import Question
from app.core.search.words import Sought
from app.dissemination.index import APART, EACH, LINE, Index
from app.domain.releases.queries import Released

MOST = 2


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage; `state` is whose statement it is from, None where it is from the text itself."""

    pieces: Passage
    state: str | None = None


def quotes(
    index: Index, hits: Sequence[tuple[Released, str]], asked: Question, sought: Mapping[str, Sought]
) -> list[list[Quote]]:
    """Of each output in a language, in their order: from the text, else from what States said of it. `sought` is what
    was asked for, in each language."""
    steps = [index.keys.of(step) for term in asked.wanted for step in term.steps]
    found = []
    with index.reading() as connection:
        for output, language in hits:
            at = index.number(output.slug) * EACH + LANGUAGES.index(language)
            row = connection.execute("SELECT text, paragraphs FROM kept WHERE row = ?", (at,)).fetchone()
            words, paragraphs = row or ("", "")
            best = _best(words.split(LINE), paragraphs.split(APART), steps)
            quoted = [Quote(each) for each in passages(best, sought[language])]
            found.append(quoted or _said(output, language, sought[language]))
    return found


def _best(words: Sequence[str], paragraphs: Sequence[str], steps: Sequence[Sequence[str]]) -> list[str]:
    """The paragraphs in which most of what was asked for stands, in their order."""
    scores = []
    for number, line in enumerate(words):
        spaced = f" {line} "
        if score := sum(any(f" {key} " in spaced for key in step) for step in steps):
            scores.append((-score, number))
    return [paragraphs[number] for number in sorted(number for _, number in sorted(scores)[:MOST])]


def _said(output: Released, language: str, sought: Sought) -> list[Quote]:
    return [
        Quote(pieces, said.state)
        for said in output.statements
        if said.language == language
        for pieces in passages([said.text], sought)
    ][:MOST]
