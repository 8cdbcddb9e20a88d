"""Search queries: words that must all occur, "phrases in quotation marks", and -words that must not occur.

Any text is a valid query; nothing that is typed is an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.search.tokenizer import MAX_WORD_LETTERS as MAX_WORD
from app.core.search.tokenizer import is_chinese_run, list_searched_word_forms, split_runs

MAX_QUERY_LENGTH = 300
MAX_TERMS = 20
QUOTES = '"“”„«»「」『』'
TERM_PATTERN = re.compile(
    rf"(?P<minus>(?<!\S)[-−–])?(?:[{QUOTES}](?P<phrase>[^{QUOTES}]*)[{QUOTES}]|(?P<word>[^\s{QUOTES}]+))"
)


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """Consecutive words, each as the set of forms under which it may be indexed."""

    steps: tuple[frozenset[str], ...]
    is_phrase: bool = True

    def to_tsquery(self) -> str:
        """Return the term in the syntax of `tsquery`."""
        joined = " <-> " if self.is_phrase else " & "
        return joined.join(_or_forms(forms) for forms in self.steps)


def _or_forms(forms: frozenset[str]) -> str:
    """Return an OR of forms in the syntax of `tsquery`."""
    return "(" + " | ".join(f"'{form}'" for form in sorted(forms)) + ")"


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A parsed query: the terms that must occur and those that must not."""

    required: tuple[QueryTerm, ...]
    excluded: tuple[QueryTerm, ...]

    def to_tsquery(self) -> str | None:
        """Return the `tsquery` of PostgreSQL, None for an empty query. It holds letters and digits only, so nothing
        typed is an operator."""
        if not self.required:
            return None
        parts = [f"({term.to_tsquery()})" for term in self.required]
        parts += [f"!({term.to_tsquery()})" for term in self.excluded]
        return " & ".join(parts)

    def required_forms(self) -> frozenset[str]:
        """Return every form of every required word, for highlighting."""
        return frozenset(form for term in self.required for forms in term.steps for form in forms)


def parse_query(typed: str) -> ParsedQuery:
    """Parse what was typed; characters beyond 300 and terms beyond 20 are ignored."""
    wanted: list[QueryTerm] = []
    unwanted: list[QueryTerm] = []
    for match in TERM_PATTERN.finditer(typed[:MAX_QUERY_LENGTH]):
        terms = list(_terms(match["phrase"] or match["word"] or ""))
        (unwanted if match["minus"] else wanted).extend(terms)
    return ParsedQuery(tuple(wanted[:MAX_TERMS]), tuple(unwanted[:MAX_TERMS]))


def _terms(text: str) -> Iterator[QueryTerm]:
    """Yield one term for the words between spaces, and one for each Chinese run: its pairs, at any position.

    A long Chinese text has more pairs than PostgreSQL keeps positions of, so positions are not compared there.
    """
    steps: list[frozenset[str]] = []
    for _, run in split_runs(text):
        if is_chinese_run(run):
            pairs = [run[at : at + 2] for at in range(max(1, len(run) - 1))]
            yield QueryTerm(tuple(frozenset([pair]) for pair in pairs), is_phrase=False)
        elif forms := list_searched_word_forms(run[:MAX_WORD]):
            steps.append(forms)
    if steps:
        yield QueryTerm(tuple(steps))
