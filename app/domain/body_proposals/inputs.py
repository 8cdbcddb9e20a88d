"""Inputs about new bodies, first secretaries, and changes or the end of a body."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.validation import CalendarDay, InputModel, LanguageCode, Reason, ValidationMessageError
from app.domain.bodies.inputs import ADMISSIBLE_CATEGORIES, STAFF_ALONE, BodyInput
from app.domain.bodies.models import PositionAudience
from app.domain.identity.models.claims import MembershipCategory


def _order_categories(values: list[MembershipCategory]) -> list[MembershipCategory]:
    """Return the categories in their order, Member States among them; the staff of ITU alone or not at all. Raises
    ValidationMessageError for others."""
    if MembershipCategory.ITU_STAFF in values:
        if set(values) != set(STAFF_ALONE):
            raise ValidationMessageError(_("A group of the staff of ITU admits no members. Select one or the other."))
        return list(STAFF_ALONE)
    if not set(values) <= set(ADMISSIBLE_CATEGORIES):
        raise ValidationMessageError(_("Select from the categories shown. Member States are always admitted."))
    return [each for each in ADMISSIBLE_CATEGORIES if each in {*values, MembershipCategory.MEMBER_STATE}]


def _order_languages(values: list[str]) -> list[str]:
    """Return the languages in their order, each once."""
    return [language for language in LANGUAGES if language in values]


class FirstSecretary(InputModel):
    """The first secretary of a body, from the day on which another secretary confirms it to the last day."""

    person: UUID
    until_on: CalendarDay


class BodyWithRules(BodyInput):
    """A body as it is entered: what it is, whom it admits, the languages that it requires for every document besides
    the original one, and how long silence runs in it at least."""

    admits: Annotated[list[MembershipCategory], AfterValidator(_order_categories)]
    silence_hours: Annotated[int, Field(ge=72, le=1440)]
    languages: list[LanguageCode]


class NewBody(BodyWithRules):
    """A new body, with its prefix, which stays."""

    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$", max_length=24)]

    @field_validator("prefix")
    @classmethod
    def check_prefix(cls, value: str) -> str:
        """Return the prefix. Raises ValidationMessageError if it is the address of a page."""
        if value.lower() == "new":
            raise ValidationMessageError(_("This prefix cannot be used. Enter another one."))
        return value


class ChangedBody(BodyWithRules):
    """All that a body is from a change on; also who sees the positions of States while silence runs."""

    languages: Annotated[list[LanguageCode], AfterValidator(_order_languages)]
    positions_shown_to: PositionAudience


class BodyEnd(InputModel):
    """The last day of a body, and why it ends."""

    until_on: CalendarDay
    reason: Reason
