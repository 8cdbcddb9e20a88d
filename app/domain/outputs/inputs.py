"""What may be asked about outputs."""

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
"""Whom a text is for, each in the words by which they are known."""


class Cover(Input):
    """Kind, original language and titles of an output, and the documents and decisions it was made from.

    To whom it goes has the order in which it is read: a liaison statement needs somebody. `for_public` is whether
    everybody may read it once it is released.
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
        nobody = not value and not about.data.get("for_information")
        if nobody and about.data.get("kind") == Kind.LIAISON:
            raise PydanticCustomError("too_short", "a liaison statement to nobody")
        return value


class Adoption(Input):
    """The day on which the meeting adopted exactly this text."""

    adopted_on: Day
    text: str


class TitleOf(Input):
    """The title in one language."""

    title: Line


class When(StrEnum):
    """At once, or at an instant that is set."""

    NOW = "now"
    THEN = "then"


class Moment(Input):
    """When a text is released, on a day and at a time where the meeting is."""

    when: When = When.NOW
    on: Annotated[Day | None, Field(validate_default=True)] = None
    at: Annotated[time | None, Field(validate_default=True)] = None

    @model_validator(mode="before")
    @classmethod
    def of_its_choice(cls, typed: object) -> object:
        """What stands beside “now” in the fields of an instant is not read."""
        if not isinstance(typed, Mapping) or typed.get("when") == When.THEN:
            return typed
        return {name: value for name, value in typed.items() if name not in ("on", "at")}

    @field_validator("on", "at")
    @classmethod
    def is_there(cls, value: object, about: ValidationInfo) -> object:
        if value is None and about.data.get("when") == When.THEN:
            raise PydanticCustomError("missing", "an instant without a day or a time")
        return value

    def instant(self, zone: str) -> datetime | None:
        """That instant; None for at once."""
        if self.when == When.NOW or self.on is None or self.at is None:
            return None
        return instant_in(zone, self.on, self.at)


class Plan(Moment):
    """The same; and to whom beside the membership, and whether in all languages or as an advance version."""

    addressees: frozenset[Addressee] = frozenset()
    form: Form = Form.COMPLETE


class Because(Input):
    """Why."""

    reason: Reason


class Alone(Input):
    """Why one person does alone what takes several, and in which language that is said. Everybody reads it."""

    reason: Reason
    lang: Language


class NewWithdrawal(Input):
    """Why a text is withdrawn, in which language that is said, and which text takes its place, if one does."""

    reason: Reason
    lang: Language
    replaced_by: UUID | None = None
