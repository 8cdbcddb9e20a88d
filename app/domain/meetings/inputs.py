"""What may be asked about meetings."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.i18n import say
from app.core.inputs import Day, Input, Line, Prose, Reason, Said


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        raise PydanticCustomError("enum", "unknown zone")
    return value


def _of_the_web(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.username or " " in value:
        raise Said(say("Give an address that begins with https://."))
    return value


Zone = Annotated[str, AfterValidator(_known_zone)]
Link = Annotated[Line, AfterValidator(_of_the_web)]


def end_of(day: date, zone: str) -> datetime:
    """The last second of a day in a zone."""
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone))


class NewMeeting(Input):
    """Dates in the meeting's zone. What has no day of its own is due by the body's rule, counted from the opening."""

    number: int = Field(ge=1, le=999)
    place: Line
    zone: Zone
    opens_on: Day
    closes_on: Day
    contributions_due_on: Day | None = None
    posting_due_on: Day | None = None
    proposals_due_on: Day | None = None
    registration_due_on: Day | None = None

    @model_validator(mode="after")
    def in_order(self) -> "NewMeeting":
        if self.closes_on < self.opens_on:
            raise Said(say("The meeting closes before it opens. Change one of the days."))
        if self.contributions_due_on and self.contributions_due_on > self.opens_on:
            raise Said(say("Contributions would be due after the opening. Choose an earlier day."))
        for day in (self.posting_due_on, self.proposals_due_on, self.registration_due_on):
            if day and day > self.opens_on:
                raise Said(say("A deadline would lie after the opening. Choose an earlier day."))
        return self

    def due_at(self, days_before: int, day: date | None = None) -> datetime:
        """The last second of the day on which something is due, in the meeting's zone."""
        return end_of(day or self.opens_on - timedelta(days=days_before), self.zone)


class NewSession(Input):
    """A session within one day of the meeting's zone."""

    on: Day
    starts: time
    ends: time

    @model_validator(mode="after")
    def in_order(self) -> "NewSession":
        if self.ends <= self.starts:
            raise Said(say("The session ends before it begins. Change one of the times."))
        return self

    def instants(self, zone: str) -> tuple[datetime, datetime]:
        """From when until when, in the meeting's zone."""
        there = ZoneInfo(zone)
        begins, ends = self.starts.replace(tzinfo=None), self.ends.replace(tzinfo=None)
        return datetime.combine(self.on, begins, there), datetime.combine(self.on, ends, there)


class Practical(Input):
    """How to get there and how to join: a text in each language that there is, and the link for joining remotely."""

    texts: dict[str, Prose] = Field(max_length=6)
    remote_link: Link | None = None


class PracticalOf(Input):
    """The text in one language."""

    text: Prose


class Because(Input):
    """The reason that goes on record."""

    reason: Reason
