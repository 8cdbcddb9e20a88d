"""What may be asked about outputs."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.inputs import Day, Input, Language, Line
from app.domain.outputs.models import Kind

Addressees = Annotated[tuple[Line, ...], Field(max_length=50)]
"""Whom a text is for, each in the words by which they are known."""


class Cover(Input):
    """Kind, original language and titles of an output, and the documents and decisions it was made from.

    To whom it goes has the order in which it is read: a liaison statement needs somebody.
    """

    kind: Kind
    original: Language
    titles: dict[Language, Line]
    sources: frozenset[UUID] = frozenset()
    decisions: frozenset[UUID] = frozenset()
    for_information: Addressees = ()
    for_action: Annotated[Addressees, Field(validate_default=True)] = ()
    reply_by: Day | None = None

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
