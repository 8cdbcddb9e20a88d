"""Labels of clauses: made of established operative words in each language, or left as they were entered."""

import csv
from pathlib import Path

import pytest

from app.core.i18n import LANGUAGES
from app.domain.mandates.models import MandateSource, MandateVersion
from app.domain.mandates.rules import localize_clause_label
from app.web.views.mandates.labels import format_dating

DATA = Path(__file__).parents[2] / "migrations" / "data"


def read_rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("source", "label", "language", "expected"),
    [
        (MandateSource.WTSA, "resolves 1", "en", "resolves 1"),
        (MandateSource.WTSA, "resolves 1", "fr", "décide 1"),
        (MandateSource.WTSA, "resolves 1", "ar", "تقرر 1"),
        (MandateSource.PP, "resolves 1", "ar", "يقرر 1"),
        (MandateSource.COUNCIL, "instructs 1", "zh", "责成1"),
        (MandateSource.WTSA, "considering further b(ii)", "es", "considerando además b(ii)"),
        (MandateSource.WTSA, "recognizing a / considering d", "ru", "признавая a / учитывая d"),
        (MandateSource.COUNCIL, "as a whole", "fr", "dans son ensemble"),
    ],
)
def test_a_label_is_called_as_the_resolution_calls_it_in_each_language(
    source: str, label: str, language: str, expected: str
) -> None:
    found = localize_clause_label(source, label)

    assert found is not None
    assert found.translate(language) == expected


@pytest.mark.parametrize("label", ["resolves to do more 1", "annex 2", "resolves1", "1", "resolves 1 / other", ""])
def test_a_label_that_is_not_made_of_known_words_alone_stays_as_it_was_entered(label: str) -> None:
    assert localize_clause_label(MandateSource.WTSA, label) is None


def test_each_clause_and_version_of_the_register_is_called_in_six_languages_and_in_english_as_entered() -> None:
    sources = {row["code"]: row["source"] for row in read_rows("mandates.csv")}
    for row in read_rows("mandate_clauses.csv"):
        found = localize_clause_label(sources[row["mandate"]], row["label"])
        assert found is not None, row["label"]
        assert found.translate("en") == row["label"]
        assert len({found.translate(language) for language in LANGUAGES}) == len(LANGUAGES), row["label"]
    for row in read_rows("mandates.csv"):
        dating = format_dating(MandateVersion(place=row["place"], year=int(row["year"])))
        assert dating.lang is None
        assert str(dating.text) == ", ".join(filter(None, (row["place"], row["year"])))


def test_the_place_of_a_version_is_called_as_in_the_language_or_stays_in_english() -> None:
    known, other = (
        format_dating(MandateVersion(place=place, year=2006)) for place in ("Rev. Antalya", "Rev. Elsewhere")
    )

    assert [known.text.translate(each) for each in ("en", "fr", "zh")] == [
        "Rev. Antalya, 2006",
        "Rév. Antalya, 2006",
        "2006年，安塔利亚，修订版",
    ]
    assert (other.text, other.lang) == ("Rev. Elsewhere, 2006", "en")
