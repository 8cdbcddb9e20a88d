"""What people choose for themselves."""

from app.core.validation import InputModel, TimeZoneName


class TimeZoneChoice(InputModel):
    """The time zone that a person chose, by its name in the tz database; None to follow their browser or State."""

    zone: TimeZoneName | None = None
