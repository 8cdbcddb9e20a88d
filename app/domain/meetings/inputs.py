"""Inputs about meetings and their sessions."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.validation import CalendarDay, InputModel, OneLine, Prose, TimeZoneName, ValidationMessageError


def _require_https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.username or " " in value:
        raise ValidationMessageError(_("Enter an address that begins with https://."))
    return value


HttpsLink = Annotated[OneLine, AfterValidator(_require_https)]


LATE_DEADLINES: Mapping[str, LazyText] = MappingProxyType(
    {
        "contributions_due_on": _("Contributions are due after the meeting opens. Enter an earlier day."),
        "posting_due_on": _("Documents are posted after the meeting opens. Enter an earlier day."),
        "proposals_due_on": _("Proposals are due after the meeting opens. Enter an earlier day."),
        "registration_due_on": _("Registration closes after the meeting opens. Enter an earlier day."),
    }
)
"""What is wrong with a deadline after the first day, by its field."""


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

    @field_validator("closes_on")
    @classmethod
    def check_last_day(cls, value: date, info: ValidationInfo) -> date:
        """Return the last day. Raises ValidationMessageError if the meeting closes before it opens."""
        opens_on = info.data.get("opens_on")
        if opens_on and value < opens_on:
            raise ValidationMessageError(_("The last day is before the first day. Enter a later last day."))
        return value

    @field_validator("contributions_due_on", "posting_due_on", "proposals_due_on", "registration_due_on")
    @classmethod
    def check_deadline(cls, value: date | None, info: ValidationInfo) -> date | None:
        """Return a deadline. Raises ValidationMessageError if it is after the opening; each has its own message."""
        opens_on = info.data.get("opens_on")
        if value and opens_on and value > opens_on:
            raise ValidationMessageError(LATE_DEADLINES[str(info.field_name)])
        return value

    def compute_deadline(self, days_before: int, day: date | None = None) -> datetime:
        """Return the last second of `day`, or else of the day `days_before` the opening, in the meeting's zone."""
        return end_of_day(day or self.opens_on - timedelta(days=days_before), self.zone)


class NewMeetingSession(InputModel):
    """A session of a meeting within one day of the meeting's time zone."""

    on: CalendarDay
    starts: time
    ends: time

    @field_validator("ends")
    @classmethod
    def check_end(cls, value: time, info: ValidationInfo) -> time:
        """Return the time of the end. Raises ValidationMessageError if the session ends before it begins."""
        starts = info.data.get("starts")
        if starts and value <= starts:
            raise ValidationMessageError(_("The session ends before it begins. Enter a later end time."))
        return value

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
