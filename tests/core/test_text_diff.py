"""Differences between two texts: nothing lost, nothing invented, the words that changed, and an end in good time."""

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


def marked(found: list[DiffParagraph]) -> str:
    """[gone]{new} words, a line for each paragraph."""
    signs = {ChangeKind.SAME: "%s", ChangeKind.REMOVED: "[%s]", ChangeKind.ADDED: "{%s}"}
    return "\n".join("".join(signs[piece.kind] % piece.text for piece in each.pieces) for each in found)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_told_from_their_differences(old: list[str], new: list[str]) -> None:
    found = diff_paragraphs(old, new)

    assert old_paragraphs(found) == old
    assert new_paragraphs(found) == new


@given(st.lists(st.text(max_size=40), max_size=20), st.lists(st.text(max_size=40), max_size=20))
def test_it_is_so_for_any_letters(old: list[str], new: list[str]) -> None:
    found = diff_paragraphs(old, new)

    assert (old_paragraphs(found), new_paragraphs(found)) == (old, new)


@given(TEXTS, TEXTS)
def test_each_old_paragraph_has_one_fate_and_stays_where_it_is_said_to_be(old: list[str], new: list[str]) -> None:
    found = trace_old_paragraphs(diff_paragraphs(old, new))

    assert len(found) == len(old)
    for text, (kind, place) in zip(old, found, strict=True):
        assert (place is None) == (kind is ChangeKind.REMOVED)
        assert kind is not ChangeKind.SAME or new[place] == text
    places = [place for _, place in found if place is not None]
    assert places == sorted(set(places))


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: list[str]) -> None:
    assert {each.kind for each in diff_paragraphs(text, text)} <= {ChangeKind.SAME}


@given(TEXTS, TEXTS)
def test_what_is_marked_as_changed_keeps_some_words_and_changes_some(old: list[str], new: list[str]) -> None:
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
    assert marked(diff_paragraphs([old], [new])) == expected


def test_paragraphs_that_came_went_and_moved() -> None:
    old = ["Introduction", "The first point is settled.", "Nothing remains of this.", "Conclusion"]
    new = ["Introduction", "A paragraph of quite another kind", "The first point is now settled.", "Conclusion"]

    assert marked(diff_paragraphs(old, new)) == (
        "Introduction\n{A paragraph of quite another kind}\nThe first point is {now }settled.\n"
        "[Nothing remains of this.]\nConclusion"
    )


@pytest.mark.parametrize("kind", ["words", "paragraphs", "one word again and again", "everything else"])
def test_large_texts_end_in_good_time(kind: str) -> None:
    random = Random(1)
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]

    def text(count: int, length: int) -> list[str]:
        return [" ".join(random.choices(words, k=length)) for _ in range(count)]

    pairs = {
        "words": (text(1, 20_000), text(1, 20_000)),
        "paragraphs": (text(20_000, 1), text(20_000, 1)),
        "one word again and again": (["no " * 20_000], ["no " * 19_000 + "yes"]),
        "everything else": (text(2_000, 40), text(2_000, 40)),
    }
    old, new = pairs[kind]
    began = time.process_time()

    found = diff_paragraphs(old, new)

    assert time.process_time() - began < 15
    assert (old_paragraphs(found), new_paragraphs(found)) == (old, new)
