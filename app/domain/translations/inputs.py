"""Inputs about translations that are due: which ones are meant, to whom they are assigned, and which are listed."""

import re
from dataclasses import dataclass
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, model_validator

from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.validation import CalendarDay, InputModel, LanguageCode, OneLine, ValidationMessageError
from app.domain.translations.models import TextKind, TranslationState

KEY_PATTERN = re.compile(rf"({'|'.join(TextKind)})\.([0-9a-f]{{32}})\.({'|'.join(LANGUAGES)})", re.ASCII)
SORTS = ("due", "symbol", "pages", "language", "translator")


@dataclass(frozen=True, slots=True)
class TranslationKey:
    """A text and the language in which it is due."""

    kind: TextKind
    text_id: UUID
    language: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.text_id.hex}.{self.language}"

    @classmethod
    def parse(cls, value: str) -> "TranslationKey | None":
        """Parse the value of a field; None for anything else."""
        match = KEY_PATTERN.fullmatch(value)
        return cls(TextKind(match[1]), UUID(match[2]), match[3]) if match else None

    @property
    def edition_id(self) -> UUID | None:
        """The edition, if the text is one."""
        return self.text_id if self.kind is TextKind.EDITION else None

    @property
    def output_id(self) -> UUID | None:
        """The output, if the text is one."""
        return self.text_id if self.kind is TextKind.OUTPUT else None


@dataclass(frozen=True, slots=True)
class ReceivedContent:
    """What was found in a file that was received: its language, what the inspection says, and the title of an XLIFF
    file."""

    found_language: str | None
    findings: list[dict[str, object]]
    is_xliff: bool = False
    title: str | None = None


class ReceivedTitle(InputModel):
    """The title that an XLIFF file has in its language."""

    title: OneLine


class AssignmentInput(InputModel):
    """Who translates, a person or a name, and until when. What is None stays as it is."""

    translator: UUID | None = None
    translator_name: OneLine | None = None
    due_on: CalendarDay | None = None

    @model_validator(mode="after")
    def require_one_translator_or_day(self) -> Self:
        """Require something to be changed, and not two translators. Raises ValidationMessageError."""
        if self.translator and self.translator_name:
            raise ValidationMessageError(_("Select a person or enter a name, not both."))
        if not (self.translator or self.translator_name or self.due_on):
            raise ValidationMessageError(_("Select a person, enter a name or enter a due date."))
        return self


def _require_known_sort(value: str) -> str:
    """Raise ValueError for an order that the list does not have."""
    if value.removeprefix("-") not in SORTS:
        raise ValueError(value)
    return value


class DueTranslationFilter(InputModel):
    """What a list of due translations shows, and in which order; `-` before an order means the reverse."""

    language: LanguageCode | None = None
    state: TranslationState | None = None
    meeting: UUID | None = None
    translator: OneLine | None = None
    overdue: bool = False
    sort: Annotated[str, AfterValidator(_require_known_sort)] = "due"
