"""Validated inputs of the acts on silence procedures and statements."""

from datetime import datetime, time
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.inputs import Day, Input, Language, Line, Prose, Reason, instant_in
from app.domain.silence.models import Kind, Stance

Wording = Annotated[Prose, Field(min_length=3)]


class Ending(Input):
    """A day and a time in the zone of the meeting."""

    on: Day
    at: time

    def until(self, zone: str) -> datetime:
        """Return the instant of that day and time in this zone."""
        return instant_in(zone, self.on, self.at)


class Opening(Ending):
    """The deadline of a new procedure, and the digest of the text that the chair saw."""

    text: str


class Extension(Ending):
    """The later deadline, and the reason."""

    reason: Reason


class NewPosition(Input):
    """The position of a State. A statement needs a text; breaking silence and supporting may have one."""

    stance: Stance
    paragraph: Annotated[Line, Field(max_length=20)] | None = None
    text: Annotated[Prose, Field(validate_default=True)] = ""
    lang: Language

    @field_validator("text")
    @classmethod
    def says_something(cls, value: str, about: ValidationInfo) -> str:
        """Require a text of at least 3 characters for a statement."""
        if about.data.get("stance") in list(Kind) and len(value) < 3:
            raise PydanticCustomError("string_too_short", "a statement without words")
        return value


class NewStatement(Input):
    """A statement that a State attaches to an adopted text, in its own words."""

    kind: Kind
    text: Wording
    lang: Language


class Rewording(Input):
    """The new words of a statement."""

    text: Wording
    lang: Language
