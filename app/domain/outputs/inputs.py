"""Validated inputs of the acts on outputs."""

from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.core.i18n import lazy_gettext as _
from app.core.validation import (
    CalendarDay,
    FilterWords,
    InputModel,
    LanguageCode,
    OneLine,
    Reason,
    ValidationMessageError,
    local_time_to_utc,
)
from app.domain.addressees.inputs import AddresseeList
from app.domain.bodies.inputs import BodyCode
from app.domain.outputs.models import OutputKind, OutputStatus, ReleaseAddressee, ReleaseForm


class OutputCover(InputModel):
    """Kind, original language and titles of an output, its sources and its addressees.

    Addressees keep their order; a liaison statement needs at least one. `for_public` is whether everybody may read the
    output once it is released, `for_addressees_only` whether its addressees alone may. `mandates` and `action_lines`
    are codes of what it cites itself.
    """

    kind: OutputKind
    original: LanguageCode
    titles: dict[LanguageCode, OneLine]
    sources: frozenset[UUID] = frozenset()
    decisions: frozenset[UUID] = frozenset()
    addressees: Annotated[AddresseeList, Field(validate_default=True)] = ()
    for_public: bool = False
    for_addressees_only: Annotated[bool, Field(validate_default=True)] = False
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()

    @field_validator("addressees")
    @classmethod
    def require_addressee(cls, value: AddresseeList, info: ValidationInfo) -> AddresseeList:
        """Require an addressee for a liaison statement, and each once. Raises PydanticCustomError."""
        if not value and info.data.get("kind") == OutputKind.LIAISON_STATEMENT:
            raise PydanticCustomError("too_short", "a liaison statement to nobody")
        if len({each.party for each in value}) < len(value):
            raise ValidationMessageError(_("Enter each recipient once."))
        return value

    @field_validator("for_addressees_only")
    @classmethod
    def require_one_audience(cls, value: bool, info: ValidationInfo) -> bool:
        """Require an addressee for a text that is for addressees alone, and that it is not for the public. Raises
        ValidationMessageError."""
        if value and (info.data.get("for_public") or not info.data.get("addressees")):
            raise ValidationMessageError(
                _("A text for its recipients only has at least one recipient, and is not for the public.")
            )
        return value


class Adoption(InputModel):
    """The day of adoption, and the digest (`text`) of the text that the chair saw; `without_pdf` if a PDF that is being
    made is not waited for."""

    adopted_on: CalendarDay
    text: str
    without_pdf: bool = False


class TranslatedTitle(InputModel):
    """The title of a translation, in its language."""

    title: OneLine


class ReleaseTiming(StrEnum):
    """Whether a release happens at once or at an instant that is set."""

    NOW = "now"
    SCHEDULED = "then"


class ReleaseInstant(InputModel):
    """When a text is released: at once, or on a day at a time in the zone of the meeting."""

    when: ReleaseTiming = ReleaseTiming.NOW
    on: Annotated[CalendarDay | None, Field(validate_default=True)] = None
    at: Annotated[time | None, Field(validate_default=True)] = None

    @model_validator(mode="before")
    @classmethod
    def drop_unused_fields(cls, values: object) -> object:
        """Ignore day and time if the release is at once."""
        if not isinstance(values, Mapping) or values.get("when") == ReleaseTiming.SCHEDULED:
            return values
        return {name: value for name, value in values.items() if name not in ("on", "at")}

    @field_validator("on", "at")
    @classmethod
    def require_day_and_time(cls, value: object, info: ValidationInfo) -> object:
        """Require day and time if the release is scheduled. Raises PydanticCustomError."""
        if value is None and info.data.get("when") == ReleaseTiming.SCHEDULED:
            raise PydanticCustomError("missing", "an instant without a day or a time")
        return value

    def instant_in_zone(self, zone: str) -> datetime | None:
        """Return the instant, of a day and time in this zone; None for at once."""
        if self.when == ReleaseTiming.NOW or self.on is None or self.at is None:
            return None
        return local_time_to_utc(zone, self.on, self.at)


class NewReleasePlan(ReleaseInstant):
    """When, to whom in addition to the membership, and in which form a text is released."""

    addressees: frozenset[ReleaseAddressee] = frozenset()
    form: ReleaseForm = ReleaseForm.COMPLETE


class SoleDecision(InputModel):
    """The public reason for which one person does alone what takes several, and its language."""

    reason: Reason
    lang: LanguageCode


class NewWithdrawal(InputModel):
    """The reason for which a text is withdrawn, its language, and the output that replaces it, if one does."""

    reason: Reason
    lang: LanguageCode
    replaced_by: UUID | None = None


class OutputListFilter(InputModel):
    """Filters of the list of outputs."""

    words: FilterWords | None = None
    group: BodyCode | None = None
    kind: OutputKind | None = None
    status: OutputStatus | None = None
    sort: Literal["date", "-date", "symbol", "-symbol", "kind", "-kind", "status", "-status"] | None = None
