"""How many paragraphs of a long text a page shows."""

import pytest

from app.core.long_texts import MAX_CHARACTERS, MAX_PARAGRAPHS, take_first_paragraphs

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
