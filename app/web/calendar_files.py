"""Calendar files (RFC 5545): a meeting and its sessions, in the words of the reader, as they stand now.

An event keeps its UID for ever. Its SEQUENCE counts the changes of the session and of its meeting, so it never falls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from app.core import clock
from app.core.i18n import Text, say
from app.domain.bodies.models import Body
from app.domain.meetings.models import Life, Meeting, MeetingSession
from app.web.standing import called
from app.web.titles import in_language

MADE_BY = "-//ITU//Council Working Group portal//EN"


@dataclass(frozen=True, slots=True)
class Told:
    """A session with what is planned for it, in words."""

    session: MeetingSession
    items: Sequence[str]


def calendar(events: Sequence[Event], name: Text, language: str) -> bytes:
    """A file of these events."""
    made = Calendar()
    made.add("prodid", MADE_BY)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name.into(language))
    for event in events:
        made.add_component(event)
    return bytes(made.to_ical())


def whole_meeting(meeting: Meeting, body: Body, portal: str, language: str) -> Event:
    """All days of a meeting; they do not make anybody busy."""
    event = _event(meeting, body, language)
    event.add("uid", f"meeting-{meeting.id}@{urlsplit(portal).hostname}")
    event.add("dtstart", meeting.opens_on)
    event.add("dtend", meeting.closes_on + timedelta(days=1))
    event.add("sequence", meeting.version - 1)
    event.add("status", "CANCELLED" if meeting.life == Life.CANCELLED else "CONFIRMED")
    event.add("summary", called(meeting, body).into(language))
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{portal}/meetings/{meeting.id}")
    return event


def one_session(told: Told, meeting: Meeting, body: Body, portal: str, language: str) -> Event:
    """A session from instant to instant. A cancelled meeting has no session that takes place."""
    session, page = told.session, f"{portal}/meetings/{meeting.id}/plan"
    off = session.cancelled or meeting.life == Life.CANCELLED
    event = _event(meeting, body, language)
    event.add("uid", f"session-{session.id}@{urlsplit(portal).hostname}")
    event.add("dtstart", session.starts_at.astimezone(UTC))
    event.add("dtend", session.ends_at.astimezone(UTC))
    event.add("sequence", session.version + meeting.version - 2)
    event.add("status", "CANCELLED" if off else "CONFIRMED")
    event.add("summary", say("Session of %(meeting)s", meeting=called(meeting, body)).into(language))
    event.add("description", "\n".join([*told.items, page]))
    event.add("url", page)
    return event


def _event(meeting: Meeting, body: Body, language: str) -> Event:
    """What every event says."""
    event = Event()
    event.add("dtstamp", clock.now().astimezone(UTC).replace(microsecond=0))
    event.add("location", in_language(meeting.place, language)[0])
    event.add("categories", [body.prefix])
    return event
