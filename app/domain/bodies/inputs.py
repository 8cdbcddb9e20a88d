"""Inputs about seats and the settings of a body."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from app.core.i18n import say
from app.core.inputs import Day, Input, Reason, Said
from app.domain.bodies.models import Capacity, Office


class Term(Input):
    """A period from one day to another, both included."""

    from_on: Day
    until_on: Day

    @model_validator(mode="after")
    def in_order(self) -> "Term":
        """Raise ValidationMessage if the last day is before the first."""
        if self.until_on < self.from_on:
            raise Said(say("The last day lies before the first. Change one of them."))
        return self


class NewAccreditation(Term):
    """The accreditation of a person."""

    person: UUID
    capacity: Capacity


class NewAppointment(Term):
    """The proposal of a person for an office."""

    person: UUID
    office: Office


class HoursOfSilence(Input):
    """Minimum duration of silence in hours: at least 72, and short enough that a text can be adopted by it."""

    hours: Annotated[int, Field(ge=72, le=1440)]


class Ending(Input):
    """The reason for ending a seat."""

    reason: Reason
