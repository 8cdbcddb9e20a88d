"""How many paragraphs of a long text a page shows, and how deep its headings are."""

import pytest

from app.core.long_texts import (
    MAX_CHARACTERS,
    MAX_PARAGRAPHS,
    TextHeading,
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

    assert contents == [TextHeading(2, "Costs", [TextHeading(4, "Transit")]), TextHeading(5, "Proposals")]
    assert take_beginning(text, []).contents == []
