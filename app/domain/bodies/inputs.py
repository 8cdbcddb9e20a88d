"""What may be asked about seats."""

from uuid import UUID

from pydantic import model_validator

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


class Ending(Input):
    reason: Reason
