"""Validated inputs of the acts on deliveries."""

from datetime import datetime, time
from typing import Annotated

from pydantic import Field

from app.core.validation import CalendarDay, InputModel, OneLine, local_time_to_utc


class AcknowledgmentNote(InputModel):
    """On which day, and how, a recipient outside of the portal acknowledged a text."""

    on: CalendarDay
    how: Annotated[OneLine, Field(max_length=500)]


class HandoverNote(InputModel):
    """When, in the time zone of the meeting, and how a text was handed over."""

    on: CalendarDay
    at: time
    note: Annotated[OneLine, Field(max_length=500)]

    def instant_in_zone(self, zone: str) -> datetime:
        """Return the instant, of the day and time in this zone."""
        return local_time_to_utc(zone, self.on, self.at)
