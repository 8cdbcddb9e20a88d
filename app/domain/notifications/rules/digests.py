"""When daily digests are sent: at one hour of the day in one time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class DigestHour:
    """The hour of the day, from 0 to 23, at which digests are sent, in a time zone."""

    hour: int = 7
    zone: str = "Europe/Zurich"

    def find_next(self, moment: datetime) -> datetime:
        """Return the first instant after `moment` at which digests are sent, in UTC."""
        local = moment.astimezone(ZoneInfo(self.zone))
        planned = datetime.combine(local.date(), time(self.hour), ZoneInfo(self.zone)).astimezone(UTC)
        if planned > moment:
            return planned
        tomorrow = local.date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(self.hour), ZoneInfo(self.zone)).astimezone(UTC)
