"""What may be asked about meetings."""

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.i18n import say
from app.core.inputs import Day, Input, Line, Said


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        raise PydanticCustomError("enum", "unknown zone")
    return value


Zone = Annotated[str, AfterValidator(_known_zone)]


class NewMeeting(Input):
    """Dates in the meeting's zone. Without a day for contributions, the body's rule counts back from the opening."""

    number: int = Field(ge=1, le=999)
    place: Line
    zone: Zone
    opens_on: Day
    closes_on: Day
    contributions_due_on: Day | None = None

    @model_validator(mode="after")
    def in_order(self) -> "NewMeeting":
        if self.closes_on < self.opens_on:
            raise Said(say("The meeting closes before it opens. Change one of the days."))
        if self.contributions_due_on and self.contributions_due_on > self.opens_on:
            raise Said(say("Contributions would be due after the opening. Choose an earlier day."))
        return self

    def due_at(self, days_before: int) -> datetime:
        """The last second of the day on which contributions are due, in the meeting's zone."""
        day = self.contributions_due_on or self.opens_on - timedelta(days=days_before)
        return datetime.combine(day, time(23, 59, 59), ZoneInfo(self.zone))
