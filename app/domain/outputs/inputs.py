"""Validated inputs of the acts on outputs."""

from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.core.inputs import Day, Input, Language, Line, Reason, instant_in
from app.domain.outputs.models import Addressee, Form, Kind

Addressees = Annotated[tuple[Line, ...], Field(max_length=50)]
"""Addressees of a text, in free words."""


class Cover(Input):
    """Kind, original language and titles of an output, its sources and its addressees.

    Addressees keep their order; a liaison statement needs at least one. `for_public` is whether everybody may read the
    output once it is released.
    """

    kind: Kind
    original: Language
    titles: dict[Language, Line]
    sources: frozenset[UUID] = frozenset()
    decisions: frozenset[UUID] = frozenset()
    for_information: Addressees = ()
    for_action: Annotated[Addressees, Field(validate_default=True)] = ()
    reply_by: Day | None = None
    for_public: bool = False

    @field_validator("for_action")
    @classmethod
    def goes_to_somebody(cls, value: tuple[str, ...], about: ValidationInfo) -> tuple[str, ...]:
        """Require an addressee for a liaison statement."""
        has_no_addressee = not value and not about.data.get("for_information")
        if has_no_addressee and about.data.get("kind") == Kind.LIAISON:
            raise PydanticCustomError("too_short", "a liaison statement to nobody")
        return value


class Adoption(Input):
    """The day of adoption, and the digest (`text`) of the text that the chair saw."""

    adopted_on: Day
    text: str


class TitleOf(Input):
    """The title of a translation, in its language."""

    title: Line


class When(StrEnum):
    """Whether a release happens at once or at an instant that is set."""

    NOW = "now"
    THEN = "then"


class Moment(Input):
    """When a text is released: at once, or on a day at a time in the zone of the meeting."""

    when: When = When.NOW
    on: Annotated[Day | None, Field(validate_default=True)] = None
    at: Annotated[time | None, Field(validate_default=True)] = None

    @model_validator(mode="before")
    @classmethod
    def of_its_choice(cls, typed: object) -> object:
        """Ignore day and time if the release is at once."""
        if not isinstance(typed, Mapping) or typed.get("when") == When.THEN:
            return typed
        return {name: value for name, value in typed.items() if name not in ("on", "at")}

    @field_validator("on", "at")
    @classmethod
    def is_there(cls, value: object, about: ValidationInfo) -> object:
        """Require day and time if the release is scheduled."""
        if value is None and about.data.get("when") == When.THEN:
            raise PydanticCustomError("missing", "an instant without a day or a time")
        return value

    def instant(self, zone: str) -> datetime | None:
        """Return the instant, of a day and time in this zone; None for at once."""
        if self.when == When.NOW or self.on is None or self.at is None:
            return None
        return instant_in(zone, self.on, self.at)


class Plan(Moment):
    """When, to whom beside the membership, and in which form a text is released."""

    addressees: frozenset[Addressee] = frozenset()
    form: Form = Form.COMPLETE


class Because(Input):
    """The reason of an act."""

    reason: Reason


class Alone(Input):
    """The public reason for which one person does alone what takes several, and its language."""

    reason: Reason
    lang: Language


class NewWithdrawal(Input):
    """The reason for which a text is withdrawn, its language, and the output that replaces it, if one does."""

    reason: Reason
    lang: Language
    replaced_by: UUID | None = None
