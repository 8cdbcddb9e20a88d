"""Calendar files (RFC 5545) of meetings, sessions, dates and pending actions, in the reader's language, as they are.

The UID of an event never changes. Its SEQUENCE counts the changes of the session and of its meeting, so it never
falls; of what is pending it is always 0: the later DTSTAMP counts. Cancelled events stay in the file with that status;
what was settled leaves it. Titles of restricted items, and of what is pending, are left out: the provider of the
reader's calendar would read them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from app.core import clock
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.queries.agenda_releases import PlannedItemRow
from app.domain.agendas.rules.time_plan import resolve_item_sessions
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession
from app.http.pending_lines import PendingLine
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title

CALENDAR_PRODUCT_ID = "-//ITU//Council Working Group portal//EN"
REFRESH_INTERVAL = timedelta(hours=6)


def build_calendar_file(events: Sequence[Event], name: LazyText, language: str, *, subscribed: bool = False) -> bytes:
    """Build a calendar file of the events; a subscribed one tells applications how often to fetch it."""
    calendar_file = Calendar()
    calendar_file.add("prodid", CALENDAR_PRODUCT_ID)
    calendar_file.add("version", "2.0")
    calendar_file.add("calscale", "GREGORIAN")
    calendar_file.add("method", "PUBLISH")
    calendar_file.add("x-wr-calname", name.translate(language))
    if subscribed:
        calendar_file.add("refresh-interval", REFRESH_INTERVAL, parameters={"VALUE": "DURATION"})
    for event in events:
        calendar_file.add_component(event)
    if not events:
        calendar_file.add_component(_placeholder_zone())
    return bytes(calendar_file.to_ical())


def describe_planned_items(items: Sequence[PlannedItemRow], language: str) -> Mapping[UUID | None, list[str]]:
    """Describe the items of each session from the top. An item under a restricted one is restricted too."""
    chosen = resolve_item_sessions((each.item_id, each.parent_id, each.session_id) for each in items)
    words: dict[UUID | None, list[str]] = {}
    restricted: set[UUID | None] = set()
    for each in items:
        if each.restricted or each.parent_id in restricted:
            restricted.add(each.item_id)
        hidden = _("Restricted item").translate(language) if each.item_id in restricted else None
        title = hidden or localize_title(each.titles, language)[0]
        words.setdefault(chosen[each.item_id], []).append(f"{each.label} {title}")
    return words


def build_meeting_event(meeting: Meeting, body: Body, portal: str, language: str) -> Event:
    """Build the all-day event of a meeting, which blocks no time."""
    event = _base_event(f"meeting-{meeting.id}", meeting, body, language)
    event.add("dtstart", meeting.opens_on)
    event.add("dtend", meeting.closes_on + timedelta(days=1))
    event.add("sequence", meeting.version - 1)
    event.add("summary", format_meeting_name(meeting, body).translate(language))
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{portal}/meetings/{meeting.id}")
    return event


def build_session_event(
    meeting_session: MeetingSession, items: Sequence[str], meeting: Meeting, body: Body, portal: str, language: str
) -> Event:
    """Build the event of a session; it is cancelled if the meeting is."""
    page = f"{portal}/meetings/{meeting.id}/plan"
    event = _base_event(f"session-{meeting_session.id}", meeting, body, language, cancelled=meeting_session.cancelled)
    event.add("dtstart", meeting_session.starts_at.astimezone(UTC))
    event.add("dtend", meeting_session.ends_at.astimezone(UTC))
    event.add("sequence", meeting_session.version + meeting.version - 2)
    event.add("summary", _("Session of %(meeting)s", meeting=format_meeting_name(meeting, body)).translate(language))
    event.add("description", "\n".join([*items, page]))
    event.add("url", page)
    return event


def build_deadline_event(
    name: str, label: LazyText, due_at: datetime, meeting: Meeting, body: Body, portal: str, language: str
) -> Event:
    """Build the event of a deadline, which blocks no time."""
    event = _base_event(f"{name}-{meeting.id}", meeting, body, language)
    event.add("dtstart", due_at.astimezone(UTC))
    event.add("sequence", meeting.version - 1)
    event.add(
        "summary",
        _("%(what)s: %(meeting)s", what=label, meeting=format_meeting_name(meeting, body)).translate(language),
    )
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{portal}/meetings/{meeting.id}")
    return event


def build_pending_event(line: PendingLine, due_at: datetime, portal: str, language: str) -> Event:
    """Build the event of what is pending until `due_at`, which blocks no time."""
    event = _stamped_event(f"pending-{line.key}")
    event.add("dtstart", due_at.astimezone(UTC))
    event.add("sequence", 0)
    named = _("%(what)s: %(meeting)s", what=line.heading, meeting=line.meeting)
    event.add("summary", named.translate(language) if line.meeting else line.heading)
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("url", portal + line.path)
    return event


def _stamped_event(uid: str) -> Event:
    """Build an event with its identifier and the time of making."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", clock.now().astimezone(UTC).replace(microsecond=0))
    return event


def _base_event(uid: str, meeting: Meeting, body: Body, language: str, *, cancelled: bool = False) -> Event:
    """Build an event with the properties that all events of a meeting have."""
    event = _stamped_event(uid)
    event.add("location", localize_title(meeting.place, language)[0])
    event.add("categories", [body.prefix])
    if cancelled or meeting.life == MeetingLife.CANCELLED:
        event.add("status", "CANCELLED")
    else:
        event.add("status", "TENTATIVE" if meeting.life == MeetingLife.PLANNED else "CONFIRMED")
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
