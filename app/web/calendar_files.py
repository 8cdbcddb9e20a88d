"""Calendar files (RFC 5545): meetings, their sessions and what is due, in the words of the reader, as they stand now.

An event keeps its UID for ever. Its SEQUENCE counts the changes of the session and of its meeting, so it never falls.
What is cancelled stays in the file and says so. Titles of restricted items stay in the house: whoever keeps the
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
    """A file of these events; of one that is subscribed to, calendars are told how often to ask for it."""
    made = Calendar()
    made.add("prodid", MADE_BY)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name.into(language))
    if subscribed:
        made.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    for event in events:
        made.add_component(event)
    if not events:
        made.add_component(_nothing())
    return bytes(made.to_ical())


def planned(items: Sequence[PlannedItem], language: str) -> Mapping[UUID | None, list[str]]:
    """The items of each session in words, from the top. What stands under a restricted item is restricted too."""
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
    """All days of a meeting; they do not make anybody busy."""
    event = _event(f"meeting-{meeting.id}", meeting, body, language)
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
    """A session from instant to instant. A cancelled meeting has no session that takes place."""
    page = f"{portal}/meetings/{meeting.id}/plan"
    event = _event(f"session-{planned.id}", meeting, body, language, cancelled=planned.cancelled)
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
    """The instant until which something is due; it makes nobody busy."""
    event = _event(f"{name}-{meeting.id}", meeting, body, language)
    event.add("dtstart", due_at.astimezone(UTC))
    event.add("sequence", meeting.version - 1)
    event.add("summary", say("%(what)s: %(meeting)s", what=words, meeting=called(meeting, body)).into(language))
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{portal}/meetings/{meeting.id}")
    return event


def _event(uid: str, meeting: Meeting, body: Body, language: str, *, cancelled: bool = False) -> Event:
    """What every event says."""
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


def _nothing() -> Timezone:
    """What a file holds that has no event: it may not be empty (RFC 5545, 3.6)."""
    zone, always = Timezone(), TimezoneStandard()
    zone.add("tzid", "Etc/UTC")
    always.add("dtstart", datetime(1970, 1, 1))
    always.add("tzoffsetfrom", timedelta(0))
    always.add("tzoffsetto", timedelta(0))
    zone.add_component(always)
    return zone
