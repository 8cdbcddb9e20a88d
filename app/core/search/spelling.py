"""Spelling: what somebody meant by a mistyped word, among the words of texts that they may see.

Chinese has no spaces, and is searched by pairs of characters: a run of characters is compared with every passage of
about its length. A typing error there is most often another character of the same sound.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from app.core.search.tokenizer import (
    MAX_WORD_LETTERS,
    fold_typed_word,
    is_chinese_run,
    list_searched_word_forms,
    split_runs,
)

MIN_LETTERS: Final = 4
MIN_CHARACTERS: Final = 3
"""Of a run of Chinese: of two characters one is left if the other is wrong, and many words have it."""
LETTERS_FOR_TWO_ERRORS: Final = 6
MAX_KNOWN_WORDS: Final = 5_000
MAX_PASSAGES: Final = 20_000
MAX_COMPARED_WORDS: Final = 4
"""These three bound the work for one query."""


class KnownWord(NamedTuple):
    """A word as it is compared, as it was first written, and how often it occurs."""

    folded: str
    written: str
    frequency: int


class Vocabulary:
    """The words of texts, and their runs of Chinese, with which mistyped ones are compared."""

    def __init__(self, texts: Iterable[str]) -> None:
        runs = [run for text in texts for _, run in split_runs(text)]
        self._chinese = [run for run in runs if is_chinese_run(run)]
        self._words = collect_known_words(run for run in runs if not is_chinese_run(run))
        self._folded = {word.folded for word in self._words}

    def is_comparable(self, run: str) -> bool:
        """Tell whether a run of a query is unknown, and long enough to be recognized with an error."""
        if is_chinese_run(run):
            is_known = any(run in known for known in self._chinese)
            return MIN_CHARACTERS <= len(run) <= MAX_WORD_LETTERS and not is_known
        folded = fold_typed_word(run)
        return len(folded) >= MIN_LETTERS and folded.isalpha() and folded not in self._folded

    def find_nearest(self, run: str) -> str | None:
        """Find what is nearest to a run of a query, as it is written; None if nothing is near, or that is the same word
        to the search."""
        is_chinese = is_chinese_run(run)
        known = collect_chinese_passages(run, self._chinese) if is_chinese else self._words
        nearest = find_nearest_word(run if is_chinese else fold_typed_word(run), known)
        if nearest and list_searched_word_forms(run).isdisjoint(list_searched_word_forms(nearest.written)):
            return nearest.written
        return None


def correct_query(typed: str, texts: Iterable[str]) -> str | None:
    """Return the query with the mistyped words replaced by the nearest words of these texts, None if there are none.

    What is no word (quotation marks, a minus sign) stays as it was typed.
    """
    vocabulary = Vocabulary(texts)
    corrected, end = "", 0
    unknown = ((start, run) for start, run in split_runs(typed) if vocabulary.is_comparable(run))
    for start, run in islice(unknown, MAX_COMPARED_WORDS):
        if nearest := vocabulary.find_nearest(run):
            corrected, end = corrected + typed[end:start] + nearest, start + len(run)
    return corrected + typed[end:] if corrected else None


def collect_known_words(runs: Iterable[str]) -> list[KnownWord]:
    """Collect the most frequent of these words, as many as are compared."""
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for run in runs:
        if len(run) >= MIN_LETTERS - 1:
            folded = fold_typed_word(run)
            counts[folded] += 1
            written.setdefault(folded, run.lower())
    return [KnownWord(folded, written[folded], count) for folded, count in counts.most_common(MAX_KNOWN_WORDS)]


def collect_chinese_passages(typed: str, runs: Iterable[str]) -> list[KnownWord]:
    """Collect the passages of runs of Chinese that may be meant: of about the length of what was typed, with nearly the
    same characters, the first or the last of them at its place."""
    limit, characters = limit_errors(typed), frozenset(typed)
    passages = islice((passage for run in runs for passage in _list_passages(typed, run, limit)), MAX_PASSAGES)
    counts = Counter(each for each in passages if len(characters ^ frozenset(each)) <= 2 * limit)
    return [KnownWord(passage, passage, count) for passage, count in counts.items()]


def _list_passages(typed: str, run: str, limit: int) -> Iterator[str]:
    """Yield the passages of a run that begin or end as what was typed, and are as long but for some characters."""
    for length in range(len(typed) - limit, len(typed) + limit + 1):
        for at in range(len(run) - length + 1):
            if run[at] == typed[0] or run[at + length - 1] == typed[-1]:
                yield run[at : at + length]


def limit_errors(typed: str) -> int:
    """Return how many typing errors a word may have."""
    return 2 if len(typed) >= LETTERS_FOR_TWO_ERRORS else 1


def find_nearest_word(folded: str, known: Iterable[KnownWord]) -> KnownWord | None:
    """Find the word with the fewest typing errors, at most two (one in a short word); of equals, one that begins and
    ends as the typed one, or else is as long, and of these the most frequent."""
    limit = limit_errors(folded)
    letters, nearest, best = frozenset(folded), None, (limit + 1, 0, 0, 0)
    for word in known:
        if abs(len(word.folded) - len(folded)) > limit or len(letters ^ frozenset(word.folded)) > 2 * limit:
            continue
        errors, other_ends = count_typing_errors(folded, word.folded, limit), _count_other_ends(folded, word.folded)
        order = (errors, other_ends, abs(len(word.folded) - len(folded)), -word.frequency)
        if errors <= limit and order < best:
            nearest, best = word, order
    return nearest


def _count_other_ends(one: str, other: str) -> int:
    return (one[0] != other[0]) + (one[-1] != other[-1])


def count_typing_errors(one: str, other: str, limit: int) -> int:
    """Count the fewest letters to add, leave out, replace, or exchange with their neighbour (optimal string alignment).

    What is more than the limit is counted no further.
    """
    before, last = list[int](), list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, opposite in enumerate(other, start=1):
            steps = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != opposite))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite:
                steps = min(steps, before[column - 2] + 1)
            current.append(steps)
        if min(current) > limit:
            return limit + 1
        before, last = last, current
    return last[-1]
