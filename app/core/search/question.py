"""What a person asks for: words that must all be there, "phrases in quotation marks", and -words that must not.

Any text is a question; nothing that is typed is an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.search.words import LONGEST as WORD
from app.core.search.words import asked_forms, is_chinese, runs

LONGEST = 300
MOST = 20
QUOTES = '"“”„«»「」『』'
TERM = re.compile(rf"(?P<minus>(?<!\S)[-−–])?(?:[{QUOTES}](?P<phrase>[^{QUOTES}]*)[{QUOTES}]|(?P<word>[^\s{QUOTES}]+))")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand beside each other, each in the forms under which it may be kept."""

    steps: tuple[frozenset[str], ...]
    phrase: bool = True

    def as_query(self) -> str:
        joined = " <-> " if self.phrase else " & "
        return joined.join(_any_of(forms) for forms in self.steps)


def _any_of(forms: frozenset[str]) -> str:
    return "(" + " | ".join(f"'{form}'" for form in sorted(forms)) + ")"


@dataclass(frozen=True, slots=True)
class Question:
    """What must be there, and what must not. `as_query` is None where nothing is asked for."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...]

    def as_query(self) -> str | None:
        """The `tsquery` of PostgreSQL. Its words are letters and digits only: nothing typed is an operator."""
        if not self.wanted:
            return None
        parts = [f"({term.as_query()})" for term in self.wanted]
        parts += [f"!({term.as_query()})" for term in self.unwanted]
        return " & ".join(parts)

    def forms(self) -> frozenset[str]:
        """Every form of every wanted word: what is marked in a passage."""
        return frozenset(form for term in self.wanted for forms in term.steps for form in forms)


def question(typed: str) -> Question:
    """Read what was typed; beyond 300 characters and 20 terms nothing is read."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for found in TERM.finditer(typed[:LONGEST]):
        terms = list(_terms(found["phrase"] or found["word"] or ""))
        (unwanted if found["minus"] else wanted).extend(terms)
    return Question(tuple(wanted[:MOST]), tuple(unwanted[:MOST]))


def _terms(text: str) -> Iterator[Term]:
    """One term for the words that spaces part, and one for each run of Chinese: its pairs, wherever they stand.

    A long text in Chinese has more pairs than PostgreSQL keeps places of, so places are not asked there.
    """
    steps: list[frozenset[str]] = []
    for _, run in runs(text):
        if is_chinese(run):
            pairs = [run[at : at + 2] for at in range(max(1, len(run) - 1))]
            yield Term(tuple(frozenset([pair]) for pair in pairs), phrase=False)
        elif forms := asked_forms(run[:WORD]):
            steps.append(forms)
    if steps:
        yield Term(tuple(steps))
