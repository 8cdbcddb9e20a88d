"""What people type: kinds of text, strictly checked, and what to tell them where it does not fit."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from app.core.errors import Unacceptable
from app.core.i18n import LANGUAGES, Text, say


class Input(BaseModel):
    """What may be asked of a verb: frozen, and nothing extra."""

    model_config = ConfigDict(frozen=True, extra="forbid")


LEFT_BY_TYPESETTING = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""What programs leave in a text that is copied and says nothing: soft hyphen, zero-width space, word joiner, BOM."""

INVISIBLE_LETTERS = "\u200c\u200d\u200e\u200f\u061c"
"""Joiners, and the marks that give a direction to themselves alone: Arabic and Persian are written with them."""


def _tidied(text: str) -> str:
    """One line: white space folded, letters composed (NFC), nothing left of typesetting. Invisible letters alone are
    no text."""
    folded = unicodedata.normalize("NFC", " ".join(text.translate(LEFT_BY_TYPESETTING).split()))
    return folded if folded.strip(INVISIBLE_LETTERS + " ") else ""


def _one_line(value: object) -> object:
    return _tidied(value) if isinstance(value, str) else value


def _paragraphs(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "\n".join(_tidied(line) for line in value.replace("\r\n", "\n").split("\n")).strip()


def _without_controls(value: str) -> str:
    """No control characters, and none that turn the direction of what follows (Unicode Cc, Cf)."""
    for character in value:
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}
        if hidden and character not in "\n" + INVISIBLE_LETTERS:
            raise PydanticCustomError("hidden_character", "a character that cannot be seen")
    return value


def _known_language(value: str) -> str:
    if value not in LANGUAGES:
        raise PydanticCustomError("language", "not one of the six")
    return value


Line = Annotated[
    str,
    BeforeValidator(_one_line),
    StringConstraints(min_length=1, max_length=300),
    AfterValidator(_without_controls),
]
Prose = Annotated[
    str, BeforeValidator(_paragraphs), StringConstraints(max_length=4000), AfterValidator(_without_controls)
]
Passage = Annotated[
    str, BeforeValidator(_paragraphs), StringConstraints(max_length=20_000), AfterValidator(_without_controls)
]
"""A text that we made out of many, such as the names of a delegation, and that people change."""

Reason = Annotated[
    str,
    BeforeValidator(_paragraphs),
    StringConstraints(min_length=3, max_length=1000),
    AfterValidator(_without_controls),
]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]  # what a calendar of ours can hold
Language = Annotated[str, AfterValidator(_known_language)]

WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "missing": say("Fill this in."),
        "string_too_short": say("Fill this in."),
        "too_short": say("Fill this in."),
        "string_too_long": say("This is too long; shorten it to %(max_length)s characters."),
        "too_long": say("This is too long; shorten it to %(max_length)s characters."),
        "hidden_character": say("This holds a character that cannot be seen. Type it again instead of pasting it."),
        "language": say("Choose one of the six official languages."),
        "enum": say("Choose one of the options."),
        "uuid_parsing": say("Choose one of the options."),
        "int_parsing": say("Give a whole number."),
        "int_from_float": say("Give a whole number."),
        "greater_than_equal": say("Give at least %(ge)s."),
        "less_than_equal": say("Give at most %(le)s."),
        "date_from_datetime_parsing": say("Give a date as year-month-day, such as 2027-02-08."),
        "time_parsing": say("Give a time as hours and minutes, such as 09:30."),
        "date_parsing": say("Give a date as year-month-day, such as 2027-02-08."),
    }
)
OTHERWISE = say("This cannot be taken as it is. Check it and send it again.")


def instant_in(zone: str, on: date, at: time) -> datetime:
    """That time where the meeting is, in UTC; of an hour that there is twice, the first. Raises Unacceptable."""
    there = datetime.combine(on, at.replace(tzinfo=None))
    instant = there.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != there:
        raise Unacceptable(say("The clocks go forward then: there is no such time on that day. Choose another one."))
    return instant


def complaints(error: ValidationError) -> dict[str, Text]:
    """What to say beside each field that does not fit."""
    found: dict[str, Text] = {}
    for item in error.errors(include_url=False, include_input=False):
        field = str(item["loc"][0]) if item["loc"] else ""
        words = WORDS.get(item["type"], OTHERWISE)
        context = item.get("ctx", {})
        if item["type"] == "value_error" and isinstance(refusal := context.get("error"), Said):
            words = refusal.text
        found.setdefault(field, Text(words.message, {**words.values, **context} if "%(" in words.message else {}))
    return found


class Said(ValueError):  # noqa: N818 - not an error of ours
    """A validator's own sentence."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text
