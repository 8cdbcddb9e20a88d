"""The purpose and the item of a draft are those that the words of its file name, in any of the six languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from app.core.i18n import LANGUAGES
from app.core.inspection import CoverReading
from app.http.labels import PURPOSE_LABELS
from app.web.contributions.cover_choices import find_cover_choices, find_item, find_purpose


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    titles: Mapping[str, str]
    item_id: UUID = field(default_factory=uuid4)


OPENING = Item("1", {"en": "Opening of the meeting", "fr": "Ouverture de la réunion"})
POINTS = Item("4", {"en": "Internet exchange points", "zh": "互联网交换点"})
COSTS = Item("4.1", {"en": "Costs of traffic"})
AGENDA = [OPENING, POINTS, COSTS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_purpose_is_known_in_each_language(language: str) -> None:
    named = {purpose: label.translate(language) for purpose, label in PURPOSE_LABELS.items()}

    assert {purpose: find_purpose(f"  {words.upper()} ") for purpose, words in named.items()} == {p: p for p in named}


@pytest.mark.parametrize(
    ("words", "item"),
    [
        ("4", POINTS),
        ("Item 4.1", COSTS),
        ("Point 4 de l’ordre du jour", POINTS),
        ("Internet Exchange Points", POINTS),
        ("4. Internet exchange points", POINTS),
        ("9 Internet exchange points", POINTS),  # the numbers of an agenda change, its titles seldom
        ("1 – Ouverture de la réunion", OPENING),
        ("４ 互联网交换点", POINTS),
        ("7", None),
        ("4 Resolution 102 and its implementation", None),
        ("Any other business", None),
        ("", None),
    ],
)
def test_an_item_is_known_by_its_title_or_its_number(words: str, item: Item | None) -> None:
    assert find_item(words, AGENDA) == (item and item.item_id)


def test_a_title_of_two_items_names_neither() -> None:
    again = Item("5", {"en": "Costs of traffic"})

    assert find_item("Costs of traffic", [*AGENDA, again]) is None


def test_words_that_name_no_choice_leave_the_fields_alone() -> None:
    named = find_cover_choices(CoverReading(purpose="For decision", item="4.1"), AGENDA)
    other = find_cover_choices(CoverReading(purpose="To inform the reader of it", item="No item"), AGENDA)

    assert (named, other) == ({"purpose": "decision", "item": str(COSTS.item_id)}, {})
