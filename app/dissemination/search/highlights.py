"""Passages shown with a search hit, with the search words marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.i18n import LANGUAGES
from app.core.search.highlighting import PassagePieces, find_passages
from app.core.search.query_parser import ParsedQuery
from app.core.search.tokenizer import WordFormMatcher
from app.dissemination.search.fts_index import LINE_SEPARATOR, PARAGRAPH_SEPARATOR, ROWS_PER_OUTPUT, SearchIndex
from app.domain.releases.queries.catalogue_entries import CatalogueEntry

MAX_QUOTES = 2


@dataclass(frozen=True, slots=True)
class SearchQuote:
    """A passage; `state` is the State whose statement it is from, None if it is from the text itself."""

    pieces: PassagePieces
    state: str | None = None


def find_quotes(
    index: SearchIndex,
    hits: Sequence[tuple[CatalogueEntry, str]],
    question: ParsedQuery,
    matchers: Mapping[str, WordFormMatcher],
) -> list[list[SearchQuote]]:
    """Return the passages of each output in its language, in order: from its text, else from its statements.

    `matchers` match the question, per language.
    """
    steps = [index.keys.find_keys(step) for term in question.required for step in term.steps]
    quotes_of_hits = []
    with index.read_connection() as connection:
        for output, language in hits:
            row_number = index.output_row_number_base(output.slug) * ROWS_PER_OUTPUT + LANGUAGES.index(language)
            row = connection.execute("SELECT text, paragraphs FROM kept WHERE row = ?", (row_number,)).fetchone()
            tokens, paragraphs = row or ("", "")
            best_paragraphs = _best_paragraphs(
                tokens.split(LINE_SEPARATOR), paragraphs.split(PARAGRAPH_SEPARATOR), steps
            )
            quotes_of_text = [SearchQuote(passage) for passage in find_passages(best_paragraphs, matchers[language])]
            quotes_of_hits.append(quotes_of_text or _statement_quotes(output, language, matchers[language]))
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
    return [paragraphs[number] for number in sorted(number for _, number in sorted(scores)[:MAX_QUOTES])]


def _statement_quotes(output: CatalogueEntry, language: str, matcher: WordFormMatcher) -> list[SearchQuote]:
    return [
        SearchQuote(pieces, statement.state)
        for statement in output.statements
        if statement.language == language
        for pieces in find_passages([statement.text], matcher)
    ][:MAX_QUOTES]
