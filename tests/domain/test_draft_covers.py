"""What the cover of a draft gets from its file."""

from dataclasses import replace

import pytest

from app.core.files.ingest import IngestedFile
from app.core.inspection import DOCX
from app.core.inspection.cover_reading import CoverReading, ProposalReading
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.rules.covers import fill_cover_from_file


def read_file(title: str | None, language: str | None, name: str = "Costs of routes.docx") -> IngestedFile:
    return IngestedFile("0" * 64, 1, DOCX, name, (), None, title, language)


@pytest.mark.parametrize(
    ("title", "language", "filled"),
    [
        ("Schools", "fr", ("Schools", "fr")),
        (None, None, ("Costs of routes", "en")),
        ("Schools", "es-ES", ("Schools", "es")),
        ("Schools", "sw", ("Schools", "en")),
        (" \u200d\u202e ", "zh", ("Costs of routes", "zh")),
        ("Two\nlines\x07", "ar", ("Two lines", "ar")),
    ],
)
def test_title_and_language_are_those_of_the_file(
    title: str | None, language: str | None, filled: tuple[str, str]
) -> None:
    typed = {"title": " ", "original": "", "abstract": ""}

    cover = fill_cover_from_file(typed, read_file(title, language), {}, language="en")

    assert (cover["title"], cover["original"]) == filled
    assert cover["abstract"] == ""


def test_what_was_typed_is_kept() -> None:
    typed = {"title": "Typed", "original": "ru"}

    assert fill_cover_from_file(typed, read_file("Read", "fr"), {}, language="en") == typed


@pytest.mark.parametrize("title", ["x" * 500, "\u0000", "…", "a" + "\u202e" * 9 + "b"])
def test_every_title_that_was_read_can_be_saved(title: str) -> None:
    cover = fill_cover_from_file({}, read_file(title, "en"), {}, language="en")

    assert ContributionCover.model_validate(cover | {"purpose": "discussion"}).title


def test_the_rest_of_the_cover_is_filled_where_nothing_was_typed() -> None:
    reading = CoverReading(abstract="Short.", contact="A. Person", proposals=(ProposalReading("Add it", "ADD", None),))
    file = replace(read_file("Schools", "en"), reading=reading)
    lines = [{"kind": "ADD", "title": "Add it", "concerns": ""}]

    filled = fill_cover_from_file({"contact": "B. Person", "proposals": []}, file, {}, language="en")
    typed = fill_cover_from_file({"abstract": " ", "proposals": [{"title": "Typed"}]}, file, {}, language="en")

    assert (filled["abstract"], filled["contact"], filled["proposals"]) == ("Short.", "B. Person", lines)
    assert (typed["abstract"], typed["contact"], typed["proposals"]) == ("Short.", "A. Person", [{"title": "Typed"}])
