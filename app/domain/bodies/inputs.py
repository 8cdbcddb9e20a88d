"""What may be asked about seats."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from app.core.i18n import say
from app.core.inputs import Day, Input, Reason, Said
from app.domain.bodies.models import Capacity, Office


class Term(Input):
    """From one day to another, both included."""

    from_on: Day
    until_on: Day

    @model_validator(mode="after")
    def in_order(self) -> "Term":
        if self.until_on < self.from_on:
            raise Said(say("The last day lies before the first. Change one of them."))
        return self


class NewAccreditation(Term):
    person: UUID
    capacity: Capacity


class NewAppointment(Term):
    person: UUID
    office: Office


class HoursOfSilence(Input):
    """How many hours silence runs at least: never less than 72, and not so long that no text could be adopted so."""

    hours: Annotated[int, Field(ge=72, le=1440)]


class Ending(Input):
    reason: Reason
