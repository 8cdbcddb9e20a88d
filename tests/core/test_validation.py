"""Typed and pasted text: kept as meant, without invisible characters that mean nothing."""

import pytest
from pydantic import ValidationError

from app.core.validation import InputModel, OneLine, Prose, field_errors


class Form(InputModel):
    """A title and a text."""

    title: OneLine
    text: Prose = ""


def test_an_input_takes_no_field_that_it_does_not_name() -> None:
    assert Form(title="Costs").title == "Costs"
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Form.model_validate({"title": "Costs", "entity": "KEN"})


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        ("  Costs\t of \u00a0transit ", "Costs of transit"),
        ("Tele\u00adcommuni\u00adcation", "Telecommunication"),
        ("\ufeffCosts\u200b of\u2060 transit", "Costs of transit"),
        ("Cou\u0302ts", "Co\u00fbts"),
        (
            "\u0627\u0644\u0628\u0646\u062f\u200f 22/1 \u200eITU\u200f",
            "\u0627\u0644\u0628\u0646\u062f\u200f 22/1 \u200eITU\u200f",
        ),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
    ],
    ids=["white space", "soft hyphens", "zero width", "composed", "marks of direction", "joiner"],
)
def test_pasted_text_is_kept_without_typesetting_residue(pasted: str, expected: str) -> None:
    assert Form(title=pasted, text=f"{pasted}\r\n\r\n{pasted}") == Form(
        title=expected, text=f"{expected}\n\n{expected}"
    )


@pytest.mark.parametrize("character", ["\u202e", "\u202a", "\u2066", "\x00", "\x1b", "\ue000"])
def test_bidirectional_and_control_characters_are_refused(character: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Form(title=f"Costs {character}of transit")

    assert "invisible character" in str(field_errors(refused.value)["title"])


@pytest.mark.parametrize("nothing", ["", " \u00a0 ", "\u200f", "\u200d\u200c \u200e", "\u00ad\u200b"])
def test_invisible_characters_alone_are_no_title(nothing: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Form(title=nothing)

    assert str(field_errors(refused.value)["title"]) == "This field is required."


class Rows(InputModel):
    """Titles by language, and lines of a list."""

    titles: dict[str, OneLine]
    lines: tuple[Form, ...]


def test_an_error_names_the_row_or_the_language_that_it_is_about() -> None:
    typed = {"titles": {"en": "Costs", "fr": "x" * 1_000}, "lines": [{"title": "Costs"}, {"title": ""}, {"title": ""}]}

    with pytest.raises(ValidationError) as refused:
        Rows.model_validate(typed)

    errors = {field: str(message) for field, message in field_errors(refused.value).items()}
    assert errors == {
        "titles": "Français: Must be 300 characters or fewer.",
        "lines": "Row 2: This field is required.",
    }
