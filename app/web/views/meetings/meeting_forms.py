"""The form of a meeting, new or existing: its fields, the deadlines that follow from them, and what a new meeting takes
over from the last one."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fastapi import Response

from app.core import clock
from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.meetings import queries
from app.domain.meetings.inputs import end_of_day
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.member_states import name_sort_key
from app.http import time_zones
from app.http.localization import Localizer
from app.http.page_context import ReadContext
from app.web.forms.actions import get_form_http_status
from app.web.forms.parsing import ParsedForm, TypedForm
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.timeline import get_day_in_meeting_zone
from app.web.views.documents.titles import localize_title

HALF_A_YEAR = timedelta(weeks=26)
LIFE_CHOICES = [
    (
        "open",
        _("Convene now"),
        _("All members of the group can see the meeting, and delegations can submit contributions to it."),
    ),
    (
        "planned",
        _("Save as a draft"),
        _("Only the secretariat, the chair and the vice-chairs can see the meeting until it has been convened."),
    ),
]
COPY_CHOICES = [
    ("sessions", _("Sessions"), _("The same days of the meeting and the same hours.")),
    ("items", _("Agenda items"), _("Items of the released agenda, without documents. They become a draft.")),
]
DEADLINE_LABELS: Mapping[str, LazyText] = {
    "proposals_due_on": _("Deadline for agenda proposals"),
    "contributions_due_on": _("Deadline for contributions"),
    "posting_due_on": _("All documents posted by"),
    "registration_due_on": _("Registration closes on"),
}


class MeetingForm(TypedForm):
    """The fields of a meeting."""

    number: str = ""
    place: str = ""
    zone: str = ""
    opens_on: str = ""
    closes_on: str = ""
    contributions_due_on: str = ""
    posting_due_on: str = ""
    proposals_due_on: str = ""
    registration_due_on: str = ""


@dataclass(frozen=True, slots=True)
class DeadlineField:
    """A deadline of the form: field, label, days before the opening by rule, the day that would be saved with what is
    typed, None without a first day, and whether that day has passed."""

    name: str
    label: LazyText
    days: int
    day: date | None
    has_passed: bool


def get_deadline_rules(body: Body) -> Mapping[str, int]:
    """Return the days before the opening at which each deadline is by rule, by field."""
    return {
        "proposals_due_on": body.proposal_days,
        "contributions_due_on": body.deadline_days,
        "posting_due_on": body.posting_days,
        "registration_due_on": body.registration_days,
    }


def list_form_fields(meeting: Meeting, body: Body, language: str) -> dict[str, str]:
    """Return the saved values as form fields; of the deadlines only those that differ from the body's rules."""
    typed = {
        "number": str(meeting.number),
        "place": localize_title(meeting.place, language)[0],
        "zone": meeting.zone,
        "opens_on": meeting.opens_on.isoformat(),
        "closes_on": meeting.closes_on.isoformat(),
    }
    for name, days in get_deadline_rules(body).items():
        day = get_day_in_meeting_zone(getattr(meeting, name.replace("_on", "_at")), meeting)
        typed[name] = "" if (meeting.opens_on - day).days == days else day.isoformat()
    return typed


def list_unchangeable_fields(meeting: Meeting, body: Body, language: str) -> dict[str, str]:
    """Return the fields that the form cannot change: the number; in session also the opening day and the deadlines,
    which are left out."""
    current_fields = list_form_fields(meeting, body, language)
    if meeting.life != MeetingLife.IN_SESSION:
        return {"number": current_fields["number"]}
    fixed_fields = {name: current_fields[name] for name in ("number", "zone", "opens_on")}
    return fixed_fields | dict.fromkeys(get_deadline_rules(body), "")


def propose_next_meeting(former: Sequence[Meeting], like: Meeting | None, language: str) -> MeetingForm:
    """Return the form of the next meeting of a body, given its meetings, the latest first, and the one to follow.

    It opens on the same day of the week, as long after the last one as that was after the one before, or half a year;
    not in the past. Place, zone and length are those of the meeting to follow.
    """
    if like is None:
        return MeetingForm(zone="Europe/Zurich")
    last = former[0]
    interval = last.opens_on - former[1].opens_on if len(former) > 1 else HALF_A_YEAR
    weeks = timedelta(weeks=max(1, round(interval / timedelta(weeks=1))))
    shift = timedelta(days=(like.opens_on - last.opens_on).days % 7)
    opens_on = last.opens_on + weeks + shift
    while opens_on <= clock.now().date():
        opens_on += weeks
    return MeetingForm(
        number=str(max(each.number for each in former) + 1),
        place=localize_title(like.place, language)[0],
        zone=like.zone,
        opens_on=opens_on.isoformat(),
        closes_on=(opens_on + (like.closes_on - like.opens_on)).isoformat(),
    )


def compute_deadline_fields(body: Body, typed: Mapping[str, object]) -> list[DeadlineField]:
    """Compute the deadlines that would be saved with what is typed."""
    zone = str(typed["zone"])
    opens_on = _parse_day(typed["opens_on"])
    fields = []
    for name, days in get_deadline_rules(body).items():
        day = _parse_day(typed[name]) or (opens_on - timedelta(days=days) if opens_on else None)
        has_passed = day is not None and zone in time_zones.ALL_ZONES and end_of_day(day, zone) < clock.now()
        fields.append(DeadlineField(name, DEADLINE_LABELS[name], days, day, has_passed))
    return fields


def render_meeting_form(
    context: ReadContext,
    body: Body,
    meeting: Meeting | None,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
    *,
    life: str = "",
    like: UUID | None = None,
    copies: Sequence[str] = (),
    asks_about_past: bool = False,
) -> Response:
    """Render the form of a new or an existing meeting; `like` is the meeting that a new one follows."""
    former = [] if meeting else queries.list_meetings_of_body(context.session, context.actor, body.id)
    return context.render(
        "web/meetings/edit.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        meeting=meeting,
        name=format_meeting_name(meeting, body) if meeting else None,
        typed=entry.typed,
        errors=entry.errors,
        deadlines=compute_deadline_fields(body, entry.typed),
        life=life,
        lives=LIFE_CHOICES,
        former=[(each.id, format_meeting_name(each, body)) for each in former],
        like=like or "",
        copies=copies,
        copy_choices=COPY_CHOICES,
        asks_about_past=asks_about_past,
        in_session=meeting is not None and meeting.life == MeetingLife.IN_SESSION,
        zones=_zones(context.localizer, str(entry.typed["zone"])),
    )


def _parse_day(typed: object) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(str(typed))
    return None


def _zones(formats: Localizer, chosen: str) -> list[tuple[str, str]]:
    """Return time zones sorted by place name in the reader's language, UTC first."""
    shown = time_zones.SELECTABLE_ZONES | {chosen} & time_zones.ALL_ZONES - {time_zones.UTC}
    named = [(zone, formats.time_zone_name(zone)) for zone in shown]
    return [(time_zones.UTC, time_zones.UTC), *sorted(named, key=lambda pair: name_sort_key(pair[1], formats.language))]
