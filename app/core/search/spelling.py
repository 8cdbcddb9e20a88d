"""Spelling: what somebody meant by a mistyped word, among the words of texts that they may see.

Chinese is left as it was typed: it is searched by pairs of characters, and its typing errors are whole words.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from app.core.search.tokenizer import fold_typed_word, is_chinese_run, list_searched_word_forms, split_runs

MIN_LETTERS: Final = 4
LETTERS_FOR_TWO_ERRORS: Final = 6
MAX_KNOWN_WORDS: Final = 5_000
MAX_COMPARED_WORDS: Final = 4
"""These two bound the work for one query."""


class KnownWord(NamedTuple):
    """A word as it is compared, as it was first written, and how often it occurs."""

    folded: str
    written: str
    frequency: int


def correct_query(typed: str, texts: Iterable[str]) -> str | None:
    """Return the query with the mistyped words replaced by the nearest words of these texts, None if there are none.

    What is no word (quotation marks, a minus sign) stays as it was typed.
    """
    known = collect_known_words(texts)
    folded_words = {word.folded for word in known}
    corrected, end, compared = "", 0, 0
    for start, run in split_runs(typed):
        folded = fold_typed_word(run)
        if len(folded) < MIN_LETTERS or is_chinese_run(run) or not folded.isalpha() or folded in folded_words:
            continue
        compared += 1
        if compared > MAX_COMPARED_WORDS:
            break
        nearest = find_nearest_word(folded, known)
        if nearest and list_searched_word_forms(run).isdisjoint(list_searched_word_forms(nearest.written)):
            corrected, end = corrected + typed[end:start] + nearest.written, start + len(run)
    return corrected + typed[end:] if corrected else None


def collect_known_words(texts: Iterable[str]) -> list[KnownWord]:
    """Collect the most frequent words of texts, as many as are compared."""
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for text in texts:
        for _, run in split_runs(text):
            if len(run) >= MIN_LETTERS - 1 and not is_chinese_run(run):
                folded = fold_typed_word(run)
                counts[folded] += 1
                written.setdefault(folded, run.lower())
    return [KnownWord(folded, written[folded], count) for folded, count in counts.most_common(MAX_KNOWN_WORDS)]


def find_nearest_word(folded: str, known: Iterable[KnownWord]) -> KnownWord | None:
    """Find the word with the fewest typing errors, at most two (one in a short word); of equals, the most frequent."""
    limit = 2 if len(folded) >= LETTERS_FOR_TWO_ERRORS else 1
    letters, nearest, best = frozenset(folded), None, (limit + 1, 0)
    for word in known:
        if abs(len(word.folded) - len(folded)) > limit or len(letters ^ frozenset(word.folded)) > 2 * limit:
            continue
        errors = count_typing_errors(folded, word.folded, limit)
        order = (errors, -word.frequency)
        if errors <= limit and order < best:
            nearest, best = word, order
    return nearest


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
