"""Inputs about organizations."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.validation import (
    CalendarDay,
    FilterWords,
    InputModel,
    LanguageCode,
    MailAddress,
    OneLine,
    ValidationMessageError,
)
from app.domain.identity.models.claims import EntityCode
from app.domain.member_states import is_known_state
from app.domain.organizations.models import OrganizationKind


def _require_free_code(value: str) -> str:
    if not value or is_known_state(value) or value in ("ITU", "NEW"):
        raise ValidationMessageError(_("This code cannot be used. Enter another code."))
    return value


OrganizationCode = Annotated[
    EntityCode,
    BeforeValidator(lambda value: value.strip().upper() if isinstance(value, str) else value),
    AfterValidator(_require_free_code),
]
FirstDay = Annotated[date, Field(ge=date(1800, 1, 1), le=date(2100, 12, 31))]
"""Day on which an organization began; the Union itself did in 1865."""


class OrganizationEntry(InputModel):
    """What the register says of an organization; one name is enough."""

    kind: OrganizationKind
    ar: OneLine | None = None
    zh: OneLine | None = None
    en: OneLine | None = None
    fr: OneLine | None = None
    ru: OneLine | None = None
    es: OneLine | None = None
    confirmed: tuple[LanguageCode, ...] = ()
    contact: OneLine | None = None
    address: MailAddress | None = None
    from_on: FirstDay | None = None

    @property
    def names(self) -> dict[str, str]:
        """The names that were entered, by language."""
        return {language: name for language in LANGUAGES if (name := getattr(self, language))}

    @model_validator(mode="after")
    def check_names(self) -> Self:
        """Raise ValidationMessageError without a name, or if a name is confirmed that was not entered."""
        if not self.names:
            raise ValidationMessageError(_("Enter the name in at least one language."))
        if set(self.confirmed) - set(self.names):
            raise ValidationMessageError(_("Enter each name that is marked as confirmed."))
        return self


class NewOrganization(OrganizationEntry):
    """A new organization."""

    code: OrganizationCode


class OrganizationFilter(InputModel):
    """What narrows the list of organizations."""

    words: FilterWords | None = None
    kind: OrganizationKind | None = None
    force: Literal["in-force", "ended"] | None = None


class OrganizationEnd(InputModel):
    """The last day of an organization."""

    until_on: CalendarDay
