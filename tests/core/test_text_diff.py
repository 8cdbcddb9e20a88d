"""Differences between two texts: complete, exact, on the level of words, and computed in bounded time."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text_diff import (
    ChangeKind,
    DiffParagraph,
    diff_paragraphs,
    new_paragraphs,
    old_paragraphs,
    trace_old_paragraphs,
)

WORDS = st.sampled_from(["transit", "costs", "of", "the", "States", "(a)", "75", "磋", "商", "القرار", "Союз,", ""])
TEXTS = st.lists(st.lists(WORDS, max_size=12).map(" ".join), max_size=12)


def format_marked(result: list[DiffParagraph]) -> str:
    """Format paragraphs with [removed] and {added} words, one line each."""
    signs = {ChangeKind.SAME: "%s", ChangeKind.REMOVED: "[%s]", ChangeKind.ADDED: "{%s}"}
    return "\n".join("".join(signs[piece.kind] % piece.text for piece in each.pieces) for each in result)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_rebuilt_from_their_differences(old: list[str], new: list[str]) -> None:
    result = diff_paragraphs(old, new)

    assert old_paragraphs(result) == old
    assert new_paragraphs(result) == new


@given(st.lists(st.text(max_size=40), max_size=20), st.lists(st.text(max_size=40), max_size=20))
def test_any_letters_can_be_rebuilt(old: list[str], new: list[str]) -> None:
    result = diff_paragraphs(old, new)

    assert (old_paragraphs(result), new_paragraphs(result)) == (old, new)


@given(TEXTS, TEXTS)
def test_each_old_paragraph_has_one_fate_and_the_reported_place(old: list[str], new: list[str]) -> None:
    result = trace_old_paragraphs(diff_paragraphs(old, new))

    assert len(result) == len(old)
    for text, (kind, place) in zip(old, result, strict=True):
        assert (place is None) == (kind is ChangeKind.REMOVED)
        assert kind is not ChangeKind.SAME or new[place] == text
    places = [place for _, place in result if place is not None]
    assert places == sorted(set(places))


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: list[str]) -> None:
    assert {each.kind for each in diff_paragraphs(text, text)} <= {ChangeKind.SAME}


@given(TEXTS, TEXTS)
def test_a_changed_paragraph_keeps_some_words_and_changes_some(old: list[str], new: list[str]) -> None:
    for each in diff_paragraphs(old, new):
        if each.kind is ChangeKind.CHANGED:
            kinds = {piece.kind for piece in each.pieces}
            assert ChangeKind.SAME in kinds
            assert len(kinds) > 1
        else:
            assert [piece.kind for piece in each.pieces] == [each.kind]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("The costs are high.", "The costs remain high.", "The costs [are ]{remain }high."),
        ("Les coûts élevés baissent.", "Les coûts élevés montent.", "Les coûts élevés [baissent]{montent}."),
        ("Los costos de tránsito suben.", "Los costos del tránsito suben.", "Los costos [de ]{del }tránsito suben."),
        ("Расходы на транзит растут.", "Расходы на транзит снижаются.", "Расходы на транзит [растут]{снижаются}."),
        ("تكاليف العبور مرتفعة.", "تكاليف العبور منخفضة.", "تكاليف العبور [مرتفعة]{منخفضة}."),
        ("内陆国家的过境费用很高。", "内陆国家的过境费用较低。", "内陆国家的过境费用[很高]{较低}。"),
    ],
    ids=["en", "fr", "es", "ru", "ar", "zh"],
)
def test_words_are_marked_in_six_languages(old: str, new: str, expected: str) -> None:
    assert format_marked(diff_paragraphs([old], [new])) == expected


def test_paragraphs_added_removed_and_moved() -> None:
    old = ["Introduction", "The first point is settled.", "Nothing remains of this.", "Conclusion"]
    new = ["Introduction", "A paragraph of quite another kind", "The first point is now settled.", "Conclusion"]

    assert format_marked(diff_paragraphs(old, new)) == (
        "Introduction\n{A paragraph of quite another kind}\nThe first point is {now }settled.\n"
        "[Nothing remains of this.]\nConclusion"
    )


@pytest.mark.parametrize("kind", ["words", "paragraphs", "one word again and again", "everything else"])
def test_large_texts_are_compared_in_bounded_time(kind: str) -> None:
    random = Random(1)
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]

    def random_text(count: int, length: int) -> list[str]:
        return [" ".join(random.choices(words, k=length)) for _ in range(count)]

    pairs = {
        "words": (random_text(1, 20_000), random_text(1, 20_000)),
        "paragraphs": (random_text(20_000, 1), random_text(20_000, 1)),
        "one word again and again": (["no " * 20_000], ["no " * 19_000 + "yes"]),
        "everything else": (random_text(2_000, 40), random_text(2_000, 40)),
    }
    old, new = pairs[kind]
    start_time = time.process_time()

    result = diff_paragraphs(old, new)

    assert time.process_time() - start_time < 15
    assert (old_paragraphs(result), new_paragraphs(result)) == (old, new)
