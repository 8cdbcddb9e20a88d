"""Inputs about meetings and their sessions."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from app.core.i18n import lazy_gettext as _
from app.core.validation import CalendarDay, InputModel, OneLine, Prose, TimeZoneName, ValidationMessageError


def _require_https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.username or " " in value:
        raise ValidationMessageError(_("Enter an address that begins with https://."))
    return value


HttpsLink = Annotated[OneLine, AfterValidator(_require_https)]


def end_of_day(day: date, zone: str) -> datetime:
    """Return the last second of a day in a time zone."""
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone))


class NewMeeting(InputModel):
    """A meeting, with dates in its own time zone. Deadlines left out follow the rules of the body."""

    number: int = Field(ge=1, le=999)
    place: OneLine
    zone: TimeZoneName
    opens_on: CalendarDay
    closes_on: CalendarDay
    contributions_due_on: CalendarDay | None = None
    posting_due_on: CalendarDay | None = None
    proposals_due_on: CalendarDay | None = None
    registration_due_on: CalendarDay | None = None

    @model_validator(mode="after")
    def check_day_order(self) -> "NewMeeting":
        """Raise ValidationMessageError if the meeting closes before it opens, or a deadline lies after the opening."""
        if self.closes_on < self.opens_on:
            raise ValidationMessageError(_("The meeting closes before it opens. Change one of the days."))
        if self.contributions_due_on and self.contributions_due_on > self.opens_on:
            raise ValidationMessageError(
                _("The deadline for contributions would fall after the opening of the meeting. Select an earlier day.")
            )
        for day in (self.posting_due_on, self.proposals_due_on, self.registration_due_on):
            if day and day > self.opens_on:
                raise ValidationMessageError(
                    _("A deadline would fall after the opening of the meeting. Select an earlier day.")
                )
        return self

    def compute_deadline(self, days_before: int, day: date | None = None) -> datetime:
        """Return the last second of `day`, or else of the day `days_before` the opening, in the meeting's zone."""
        return end_of_day(day or self.opens_on - timedelta(days=days_before), self.zone)


class NewMeetingSession(InputModel):
    """A session of a meeting within one day of the meeting's time zone."""

    on: CalendarDay
    starts: time
    ends: time

    @model_validator(mode="after")
    def check_times(self) -> "NewMeetingSession":
        """Raise ValidationMessageError if the session ends before it begins."""
        if self.ends <= self.starts:
            raise ValidationMessageError(_("The session ends before it begins. Change one of the times."))
        return self

    def to_instants(self, zone: str) -> tuple[datetime, datetime]:
        """Return the instants at which the session begins and ends, in the meeting's time zone."""
        tzinfo = ZoneInfo(zone)
        begins, ends = self.starts.replace(tzinfo=None), self.ends.replace(tzinfo=None)
        return datetime.combine(self.on, begins, tzinfo), datetime.combine(self.on, ends, tzinfo)


class PracticalInformation(InputModel):
    """Practical information of a meeting by language, and the link for joining remotely."""

    texts: dict[str, Prose] = Field(max_length=6)
    remote_link: HttpsLink | None = None


class PracticalText(InputModel):
    """Practical information in one language."""

    text: Prose
