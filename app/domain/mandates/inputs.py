"""Inputs about mandates and action lines."""

import re
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from app.core.db import LocalizedText
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.validation import CalendarDay, InputModel, LanguageCode, OneLine, Prose, ValidationMessageError
from app.domain.mandates.models import ActingParty, ClauseRhythm, FacilitatorRole, MandateKind, MandateSource

RESERVED_CODES = frozenset({"new", "progress"})
"""They are the addresses of pages."""
CLAUSE_PART = re.compile(r"[a-z0-9]+")
WEB_ADDRESS: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


def _require_not_reserved(value: str) -> str:
    if value in RESERVED_CODES:
        raise ValidationMessageError(_("This code cannot be used. Enter another code."))
    return value


def _require_web_address(value: str) -> str:
    try:
        WEB_ADDRESS.validate_python(value)
    except ValidationError:
        raise ValidationMessageError(_("Enter a web address that begins with https://.")) from None
    return value


def _require_latin(value: str) -> str:
    if not CLAUSE_PART.search(value.lower()):
        raise ValidationMessageError(_("Enter the label as in the English text, such as “resolves 1”."))
    return value


MandateCode = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40),
    AfterValidator(_require_not_reserved),
]
WebAddress = Annotated[str, StringConstraints(max_length=300), AfterValidator(_require_web_address)]
ClauseLabel = Annotated[OneLine, StringConstraints(max_length=80), AfterValidator(_require_latin)]
Languages = tuple[LanguageCode, ...]
GoalNumbers = Annotated[
    tuple[Annotated[int, Field(ge=1, le=17)], ...],
    BeforeValidator(lambda typed: tuple(str(typed).replace(",", " ").split()) if isinstance(typed, str) else typed),
    Field(strict=False),
]


class TitlesInput(InputModel):
    """A text in the official languages, at least one, and the languages in which it was compared with the source."""

    ar: Prose = ""
    zh: Prose = ""
    en: Prose = ""
    fr: Prose = ""
    ru: Prose = ""
    es: Prose = ""
    confirmed: Languages = ()
    NO_TEXT: ClassVar[LazyText] = _("Enter a title in at least one language.")

    @model_validator(mode="after")
    def check_texts(self) -> Self:
        """Raise ValidationMessageError without a text."""
        if not self.texts:
            raise ValidationMessageError(self.NO_TEXT)
        return self

    @property
    def texts(self) -> LocalizedText:
        """The text in the languages in which it was entered."""
        return {language: text for language in LANGUAGES if (text := getattr(self, language))}

    @property
    def confirmed_languages(self) -> list[str]:
        """The languages that were confirmed, of those in which there is a text."""
        return [language for language in self.texts if language in self.confirmed]


class MandateTitles(TitlesInput):
    """The title of a version of a mandate, and where its text is."""

    in_own_words: bool = False
    web_address: WebAddress | None = None


class NewMandateVersion(MandateTitles):
    """A version of a mandate, as a conference adopted it."""

    place: Annotated[OneLine, StringConstraints(max_length=60)] | None = None
    year: Annotated[int, Field(ge=1865, le=2100, strict=False)]


class NewMandate(NewMandateVersion):
    """A new mandate with its first version."""

    code: MandateCode
    source: MandateSource
    kind: MandateKind
    number: Annotated[OneLine, StringConstraints(max_length=20)]


class ClauseContent(TitlesInput):
    """What a clause says, who acts, and how often it asks for something."""

    NO_TEXT = _("Enter what the clause says in at least one language.")
    in_own_words: bool = False
    acts: Annotated[tuple[ActingParty, ...], Field(min_length=1)]
    asks: ClauseRhythm = ClauseRhythm.ALWAYS


class NewClause(ClauseContent):
    """A clause of the version of a mandate that is in force."""

    label: ClauseLabel


class ActionLineContent(TitlesInput):
    """Name and goals of an action line."""

    NO_TEXT = _("Enter a name in at least one language.")
    sdgs: GoalNumbers = ()
    sdgs_confirmed: bool = False


class FacilitationInput(InputModel):
    """An organization that facilitates an action line: its role and days as far as they are known, and the source."""

    organization: Annotated[OneLine, StringConstraints(max_length=80)]
    role: FacilitatorRole | None = None
    from_on: CalendarDay | None = None
    until_on: CalendarDay | None = None
    basis: Annotated[OneLine, StringConstraints(max_length=200)] | None = None
    confirmed: bool = False

    @field_validator("until_on")
    @classmethod
    def check_last_day(cls, value: date | None, info: ValidationInfo) -> date | None:
        """Return the last day. Raises ValidationMessageError if it is before the first."""
        from_on = info.data.get("from_on")
        if value and from_on and value < from_on:
            raise ValidationMessageError(_("The last day is before the first day. Enter a later last day."))
        return value


class Retirement(InputModel):
    """The code of what continues a retired mandate or clause, if anything does."""

    successor: Annotated[OneLine, StringConstraints(max_length=160)] | None = None


def build_clause_code(mandate: str, year: int, label: str) -> str:
    """Build the code of a clause from its mandate, the year of its version and its label."""
    return f"{mandate}/{year}-{'-'.join(CLAUSE_PART.findall(label.lower()))}"
