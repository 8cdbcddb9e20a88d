"""Validation of what people type: strict types, and the message for each kind of error."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from app.core.errors import BadRequest
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.mail.message import parse_mail_address


class InputModel(BaseModel):
    """Base of inputs of actions: frozen, without extra fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


TYPESETTING_CHARACTERS = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""Characters without meaning that programs leave in copied text: soft hyphen, zero-width space, word joiner, BOM."""

INVISIBLE_CHARACTERS = "\u200c\u200d\u200e\u200f\u061c"
"""Joiners, and marks that set only their own direction: Arabic and Persian are written with them."""


def _normalize_line(text: str) -> str:
    """Return one line: white space folded, letters composed (NFC), typesetting characters removed; empty if only
    invisible characters are left."""
    folded = unicodedata.normalize("NFC", " ".join(text.translate(TYPESETTING_CHARACTERS).split()))
    return folded if folded.strip(INVISIBLE_CHARACTERS + " ") else ""


def _normalize_one_line(value: object) -> object:
    """Normalize a text to one line."""
    return _normalize_line(value) if isinstance(value, str) else value


def _normalize_paragraphs(value: object) -> object:
    """Normalize each line of a text."""
    if not isinstance(value, str):
        return value
    return "\n".join(_normalize_line(line) for line in value.replace("\r\n", "\n").split("\n")).strip()


def _reject_controls(value: str) -> str:
    """Raise PydanticCustomError for control characters and characters that change the direction of what follows
    (Unicode Cc, Cf)."""
    for character in value:
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}
        if hidden and character not in "\n" + INVISIBLE_CHARACTERS:
            raise PydanticCustomError("hidden_character", "a character that cannot be seen")
    return value


_known_zones = cache(available_timezones)  # looking takes 15 ms


def _require_known_zone(value: str) -> str:
    if value not in _known_zones():
        raise PydanticCustomError("enum", "unknown zone")
    return value


def _require_known_language(value: str) -> str:
    """Raise PydanticCustomError for a code that is not one of the six languages."""
    if value not in LANGUAGES:
        raise PydanticCustomError("language", "not one of the six")
    return value


OneLine = Annotated[
    str,
    BeforeValidator(_normalize_one_line),
    StringConstraints(min_length=1, max_length=300),
    AfterValidator(_reject_controls),
]
FilterWords = Annotated[
    str,
    BeforeValidator(_normalize_one_line),
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(_reject_controls),
]
"""Words that narrow a list."""
Prose = Annotated[
    str, BeforeValidator(_normalize_paragraphs), StringConstraints(max_length=4000), AfterValidator(_reject_controls)
]
LongProse = Annotated[
    str, BeforeValidator(_normalize_paragraphs), StringConstraints(max_length=20_000), AfterValidator(_reject_controls)
]
"""Long text that the system composes, such as the names of a delegation, and that people then edit."""

Reason = Annotated[
    str,
    BeforeValidator(_normalize_paragraphs),
    StringConstraints(min_length=3, max_length=1000),
    AfterValidator(_reject_controls),
]
CalendarDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]  # the range of the calendar
LanguageCode = Annotated[str, AfterValidator(_require_known_language)]
TimeZoneName = Annotated[str, AfterValidator(_require_known_zone)]


class ReasonInput(InputModel):
    """The reason for an act, which is kept on record."""

    reason: Reason


ERROR_MESSAGES: Mapping[str, LazyText] = MappingProxyType(
    {
        "missing": _("This field is required."),
        "string_too_short": _("This field is required."),
        "too_short": _("This field is required."),
        "string_too_long": _("Must be %(max_length)s characters or fewer."),
        "too_long": _("Must be %(max_length)s characters or fewer."),
        "hidden_character": _("This field contains an invisible character. Type the text instead of pasting it."),
        "language": _("Select one of the six official languages."),
        "enum": _("Select one of the options."),
        "uuid_parsing": _("Select one of the options."),
        "int_parsing": _("Enter a whole number."),
        "int_from_float": _("Enter a whole number."),
        "greater_than_equal": _("Must be %(ge)s or more."),
        "less_than_equal": _("Must be %(le)s or less."),
        "date_from_datetime_parsing": _("Enter a date as year-month-day, such as 2027-02-08."),
        "time_parsing": _("Enter a time in hours and minutes, such as 09:30."),
        "date_parsing": _("Enter a date as year-month-day, such as 2027-02-08."),
    }
)
FALLBACK_MESSAGE = _("This entry is not valid. Check it and submit it again.")


def local_time_to_utc(zone: str, day: date, time_of_day: time) -> datetime:
    """Convert a local date and time of a zone to UTC; of an hour that occurs twice, the first.

    Raises BadRequest for a time that the clocks skip on that day.
    """
    local = datetime.combine(day, time_of_day.replace(tzinfo=None))
    instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        raise BadRequest(
            _("The clocks go forward at this time, so this time does not exist on that day. Enter another time.")
        )
    return instant


NameProblem = Callable[[str, str, Mapping[str, object]], LazyText | None]
"""Returns the message for a field, a type of error and its values; None if the general one is right."""


def field_errors(error: ValidationError, name_problem: NameProblem | None = None) -> dict[str, LazyText]:
    """Return one message for each field that failed validation, by field name; `name_problem` may name the field.

    Of a field with rows or languages, the message names the first that is wrong.
    """
    messages: dict[str, LazyText] = {}
    for item in error.errors(include_url=False, include_input=False):
        field, *place = item["loc"] or ("",)
        field = str(field)
        message = ERROR_MESSAGES.get(item["type"], FALLBACK_MESSAGE)
        context = item.get("ctx", {})
        if name_problem and field and (named := name_problem(field, item["type"], context)):
            messages.setdefault(field, _name_place(place, named))
            continue
        if item["type"] == "value_error" and isinstance(cause := context.get("error"), ValidationMessageError):
            message = cause.text
        reason = LazyText(message.message, {**message.values, **context} if "%(" in message.message else {})
        messages.setdefault(field, _name_place(place, reason))
    return messages


def _name_place(place: Sequence[int | str], reason: LazyText) -> LazyText:
    """Return a message with the row, counted from 1, or the language that it is about."""
    match place:
        case [int(index), *_rest]:
            return _("Row %(row)s: %(what)s", row=index + 1, what=reason)
        case [str(language), *_rest] if language in NATIVE_NAMES:
            return _("%(language)s: %(what)s", language=NATIVE_NAMES[language], what=reason)
    return reason


class ValidationMessageError(ValueError):
    """A message raised by a validator, shown as it is."""

    def __init__(self, text: LazyText) -> None:
        super().__init__(str(text))
        self.text = text


def _require_complete_address(value: str) -> str:
    """Raise ValidationMessageError for a text to which no e-mail can be sent."""
    try:
        parse_mail_address(value)
    except ValueError:
        raise ValidationMessageError(
            _("Enter one complete e-mail address, such as amina.otieno@example.org.")
        ) from None
    return value


MailAddress = Annotated[
    str,
    BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value),
    StringConstraints(max_length=254),
    AfterValidator(_require_complete_address),
]
