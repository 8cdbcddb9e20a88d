"""How many paragraphs of a long text a page shows, and how deep its headings are."""

import pytest

from app.core.long_texts import (
    MAX_CHARACTERS,
    MAX_PARAGRAPHS,
    TextHeading,
    build_anchor,
    list_anchors,
    list_depths,
    take_beginning,
    take_first_paragraphs,
)

LONG = "x" * 20_000


@pytest.mark.parametrize(
    ("paragraphs", "count"),
    [
        ([], 0),
        (["short"] * MAX_PARAGRAPHS, MAX_PARAGRAPHS),
        (["short"] * (MAX_PARAGRAPHS + 1), MAX_PARAGRAPHS),
        ([LONG] * MAX_PARAGRAPHS, MAX_CHARACTERS // len(LONG)),
        ([LONG, "x" * MAX_CHARACTERS, "short"], 1),
        (["x" * (MAX_CHARACTERS + 1)], 1),
    ],
)
def test_a_page_has_the_first_paragraphs_within_both_bounds(paragraphs: list[str], count: int) -> None:
    assert take_first_paragraphs(paragraphs) == (paragraphs[:count], count == len(paragraphs))


@pytest.mark.parametrize(
    ("levels", "depths"),
    [
        ([], []),
        ([0, 1, 0, 2, 2, 1], [0, 1, 0, 2, 2, 1]),
        ([3, 5, 0, 3, 1, 4], [1, 2, 0, 1, 1, 2]),
        ([1, 2, 3, 4, 5, 6, 2], [1, 2, 3, 4, 4, 4, 2]),
    ],
    ids=["none", "in order", "with gaps", "too deep"],
)
def test_no_depth_of_a_heading_is_left_out(levels: list[int], depths: list[int]) -> None:
    assert list_depths(levels) == depths


def test_contents_are_the_headings_of_what_is_shown() -> None:
    text = ["Title", "Costs", "They grew.", "Transit", "Proposals", *["short"] * MAX_PARAGRAPHS, "Annex"]
    levels = [0, 1, 0, 2, 1, *[0] * MAX_PARAGRAPHS, 1]

    contents = take_beginning(text, levels).contents

    assert contents == [
        TextHeading("section-costs", "Costs", [TextHeading("section-transit", "Transit")]),
        TextHeading("section-proposals", "Proposals"),
    ]
    assert take_beginning(text, []).contents == []
    assert take_beginning(text, [0, 1]).contents == []  # nothing to choose from


@pytest.mark.parametrize(
    ("words", "anchor"),
    [
        ("Costs of transit", "costs-of-transit"),
        ("IV. Réseaux d’accès", "iv-reseaux-d-acces"),
        ("2.1) ¿Qué se propone?", "que-se-propone"),
        ("Подключение", "подключение"),
        ("一、互联网交换点", "一-互联网交换点"),
        ("٣. تَكاليف العبور", "تكاليف-العبور"),
        ("2026", "2026"),
        ("* * *", ""),
        ("word " * 60, "-".join(["word"] * 12)),
    ],
)
def test_the_anchor_of_a_heading_is_made_of_its_letters(words: str, anchor: str) -> None:
    assert build_anchor(words) == f"section-{anchor}"


def test_a_heading_keeps_its_anchor_when_others_are_added_before_it() -> None:
    earlier = list_anchors(["1. Costs", "They rose.", "2. Costs", "Costs 2"], [1, 0, 1, 1])
    later = list_anchors(["1. Scope", "Of this text.", "2. Costs", "They rose a lot.", "Costs", "Costs 2"], [1, 0] * 3)

    assert earlier == ["section-costs", "", "section-costs.2", "section-costs-2"]
    assert later == ["section-scope", "", "section-costs", "", "section-costs.2", ""]
