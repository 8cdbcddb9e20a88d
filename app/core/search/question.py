"""Search queries: words that must all occur, "phrases in quotation marks", and -words that must not occur.

Any text is a valid query; nothing that is typed is an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.search.words import LONGEST as MAX_WORD
from app.core.search.words import asked_forms, is_chinese, runs

LONGEST = 300
MOST = 20
QUOTES = '"“”„«»「」『』'
TERM = re.compile(rf"(?P<minus>(?<!\S)[-−–])?(?:[{QUOTES}](?P<phrase>[^{QUOTES}]*)[{QUOTES}]|(?P<word>[^\s{QUOTES}]+))")


@dataclass(frozen=True, slots=True)
class Term:
    """Consecutive words, each as the set of forms under which it may be indexed."""

    steps: tuple[frozenset[str], ...]
    phrase: bool = True

    def as_query(self) -> str:
        """Return the term in the syntax of `tsquery`."""
        joined = " <-> " if self.phrase else " & "
        return joined.join(_or_forms(forms) for forms in self.steps)


def _or_forms(forms: frozenset[str]) -> str:
    """Return an OR of forms in the syntax of `tsquery`."""
    return "(" + " | ".join(f"'{form}'" for form in sorted(forms)) + ")"


@dataclass(frozen=True, slots=True)
class Question:
    """A parsed query: the terms that must occur and those that must not."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...]

    def as_query(self) -> str | None:
        """Return the `tsquery` of PostgreSQL, None for an empty query. It holds letters and digits only, so nothing
        typed is an operator."""
        if not self.wanted:
            return None
        parts = [f"({term.as_query()})" for term in self.wanted]
        parts += [f"!({term.as_query()})" for term in self.unwanted]
        return " & ".join(parts)

    def forms(self) -> frozenset[str]:
        """Return every form of every required word, for highlighting."""
        return frozenset(form for term in self.wanted for forms in term.steps for form in forms)


def question(typed: str) -> Question:
    """Parse what was typed; characters beyond 300 and terms beyond 20 are ignored."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for match in TERM.finditer(typed[:LONGEST]):
        terms = list(_terms(match["phrase"] or match["word"] or ""))
        (unwanted if match["minus"] else wanted).extend(terms)
    return Question(tuple(wanted[:MOST]), tuple(unwanted[:MOST]))


def _terms(text: str) -> Iterator[Term]:
    """Yield one term for the words between spaces, and one for each Chinese run: its pairs, at any position.

    A long Chinese text has more pairs than PostgreSQL keeps positions of, so positions are not compared there.
    """
    steps: list[frozenset[str]] = []
    for _, run in runs(text):
        if is_chinese(run):
            pairs = [run[at : at + 2] for at in range(max(1, len(run) - 1))]
            yield Term(tuple(frozenset([pair]) for pair in pairs), phrase=False)
        elif forms := asked_forms(run[:MAX_WORD]):
            steps.append(forms)
    if steps:
        yield Term(tuple(steps))
