"""Inputs about seats and the settings of a body."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from app.core.i18n import lazy_gettext as _
from app.core.validation import CalendarDay, InputModel, ValidationMessageError
from app.domain.bodies.models import Capacity, Office, PositionAudience


class SeatTerm(InputModel):
    """A period from one day to another, both included."""

    from_on: CalendarDay
    until_on: CalendarDay

    @model_validator(mode="after")
    def check_day_order(self) -> "SeatTerm":
        """Raise ValidationMessageError if the last day is before the first."""
        if self.until_on < self.from_on:
            raise ValidationMessageError(_("The last day is before the first day. Change one of them."))
        return self


class NewAccreditation(SeatTerm):
    """The accreditation of a person."""

    person: UUID
    capacity: Capacity


class NewAppointment(SeatTerm):
    """The proposal of a person for an office."""

    person: UUID
    office: Office


class MinimumSilenceDuration(InputModel):
    """Minimum duration of silence in hours: at least 72, and short enough that a text can be adopted by it."""

    hours: Annotated[int, Field(ge=72, le=1440)]


class NewPositionAudience(InputModel):
    """Who sees the positions of States while silence runs."""

    shown_to: PositionAudience
