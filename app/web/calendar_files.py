"""Calendar files (RFC 5545) of meetings, sessions and deadlines, in the reader's language, as they are now.

The UID of an event never changes. Its SEQUENCE counts the changes of the session and of its meeting, so it never falls.
Cancelled events stay in the file with that status. Titles of restricted items are left out: the provider of the
reader's calendar would read them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from app.core import clock
from app.core.i18n import Text, say
from app.domain.agendas.queries import PlannedItem
from app.domain.bodies.models import Body
from app.domain.meetings.models import Life, Meeting, MeetingSession
from app.web.agenda_lines import sessions_of
from app.web.standing import called
from app.web.titles import in_language

MADE_BY = "-//ITU//Council Working Group portal//EN"
ASK_AGAIN = timedelta(hours=6)


def calendar(events: Sequence[Event], name: Text, language: str, *, subscribed: bool = False) -> bytes:
    """Build a calendar file of the events; a subscribed one tells applications how often to fetch it."""
    calendar_file = Calendar()
    calendar_file.add("prodid", MADE_BY)
    calendar_file.add("version", "2.0")
    calendar_file.add("calscale", "GREGORIAN")
    calendar_file.add("method", "PUBLISH")
    calendar_file.add("x-wr-calname", name.into(language))
    if subscribed:
        calendar_file.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    for event in events:
        calendar_file.add_component(event)
    if not events:
        calendar_file.add_component(_placeholder_zone())
    return bytes(calendar_file.to_ical())


def planned(items: Sequence[PlannedItem], language: str) -> Mapping[UUID | None, list[str]]:
    """Describe the items of each session from the top. An item under a restricted one is restricted too."""
    chosen = sessions_of((each.item_id, each.parent_id, each.session_id) for each in items)
    words: dict[UUID | None, list[str]] = {}
    restricted: set[UUID | None] = set()
    for each in items:
        if each.restricted or each.parent_id in restricted:
            restricted.add(each.item_id)
        hidden = say("Restricted item").into(language) if each.item_id in restricted else None
        title = hidden or in_language(each.titles, language)[0]
        words.setdefault(chosen[each.item_id], []).append(f"{each.label} {title}")
    return words


def whole_meeting(meeting: Meeting, body: Body, portal: str, language: str) -> Event:
    """Build the all-day event of a meeting, which blocks no time."""
    event = _base_event(f"meeting-{meeting.id}", meeting, body, language)
    event.add("dtstart", meeting.opens_on)
    event.add("dtend", meeting.closes_on + timedelta(days=1))
    event.add("sequence", meeting.version - 1)
    event.add("summary", called(meeting, body).into(language))
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{portal}/meetings/{meeting.id}")
    return event


def one_session(
    planned: MeetingSession, items: Sequence[str], meeting: Meeting, body: Body, portal: str, language: str
) -> Event:
    """Build the event of a session; it is cancelled if the meeting is."""
    page = f"{portal}/meetings/{meeting.id}/plan"
    event = _base_event(f"session-{planned.id}", meeting, body, language, cancelled=planned.cancelled)
    event.add("dtstart", planned.starts_at.astimezone(UTC))
    event.add("dtend", planned.ends_at.astimezone(UTC))
    event.add("sequence", planned.version + meeting.version - 2)
    event.add("summary", say("Session of %(meeting)s", meeting=called(meeting, body)).into(language))
    event.add("description", "\n".join([*items, page]))
    event.add("url", page)
    return event


def one_deadline(
    name: str, words: Text, due_at: datetime, meeting: Meeting, body: Body, portal: str, language: str
) -> Event:
    """Build the event of a deadline, which blocks no time."""
    event = _base_event(f"{name}-{meeting.id}", meeting, body, language)
    event.add("dtstart", due_at.astimezone(UTC))
    event.add("sequence", meeting.version - 1)
    event.add("summary", say("%(what)s: %(meeting)s", what=words, meeting=called(meeting, body)).into(language))
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{portal}/meetings/{meeting.id}")
    return event


def _base_event(uid: str, meeting: Meeting, body: Body, language: str, *, cancelled: bool = False) -> Event:
    """Build an event with the properties that all events have."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", clock.now().astimezone(UTC).replace(microsecond=0))
    event.add("location", in_language(meeting.place, language)[0])
    event.add("categories", [body.prefix])
    if cancelled or meeting.life == Life.CANCELLED:
        event.add("status", "CANCELLED")
    else:
        event.add("status", "TENTATIVE" if meeting.life == Life.PLANNED else "CONFIRMED")
    return event


def _placeholder_zone() -> Timezone:
    """Return a time zone component for a file without events, which may not be empty (RFC 5545, 3.6)."""
    zone, always = Timezone(), TimezoneStandard()
    zone.add("tzid", "Etc/UTC")
    always.add("dtstart", datetime(1970, 1, 1))
    always.add("tzoffsetfrom", timedelta(0))
    always.add("tzoffsetto", timedelta(0))
    zone.add_component(always)
    return zone
