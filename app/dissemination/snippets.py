"""Passages shown with a search hit, with the search words marked."""

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
    """A passage; `state` is the State whose statement it is from, None if it is from the text itself."""

    pieces: Passage
    state: str | None = None


def quotes(
    index: Index, hits: Sequence[tuple[Released, str]], asked: Question, sought: Mapping[str, Sought]
) -> list[list[Quote]]:
    """Return the passages of each output in its language, in order: from its text, else from its statements.

    `matchers` match the question, per language.
    """
    steps = [index.keys.of(step) for term in asked.wanted for step in term.steps]
    quotes_of_hits = []
    with index.reading() as connection:
        for output, language in hits:
            row_number = index.number(output.slug) * EACH + LANGUAGES.index(language)
            row = connection.execute("SELECT text, paragraphs FROM kept WHERE row = ?", (row_number,)).fetchone()
            tokens, paragraphs = row or ("", "")
            best_paragraphs = _best_paragraphs(tokens.split(LINE), paragraphs.split(APART), steps)
            quotes_of_text = [Quote(passage) for passage in passages(best_paragraphs, sought[language])]
            quotes_of_hits.append(quotes_of_text or _statement_quotes(output, language, sought[language]))
    return quotes_of_hits


def _best_paragraphs(
    token_lines: Sequence[str], paragraphs: Sequence[str], steps: Sequence[Sequence[str]]
) -> list[str]:
    """Return the paragraphs with most of the search words, in their order."""
    scores = []
    for number, line in enumerate(token_lines):
        padded = f" {line} "
        if score := sum(any(f" {key} " in padded for key in step) for step in steps):
            scores.append((-score, number))
    return [paragraphs[number] for number in sorted(number for _, number in sorted(scores)[:MOST])]


def _statement_quotes(output: Released, language: str, matcher: Sought) -> list[Quote]:
    return [
        Quote(pieces, statement.state)
        for statement in output.statements
        if statement.language == language
        for pieces in passages([statement.text], matcher)
    ][:MOST]
