"""Lock a meeting while its participants change."""

from app.core.db import RowLockStrength, WriteSession, lock_row
from app.domain.meetings.models import Meeting


def lock_meeting(session: WriteSession, meeting: Meeting) -> None:
    """Lock the meeting, so that concurrent registrations cannot give a delegation two heads, no attendance is noted
    while its beginning is undone, and two people do not make a sheet of the same badges."""
    lock_row(session, meeting, RowLockStrength.NO_KEY_UPDATE)
