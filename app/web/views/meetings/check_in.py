"""What the page of check-in shows: how many are present, who was found, and who came last."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.domain.identity.queries import index_person_names
from app.domain.meetings.models import Meeting
from app.domain.participants.models import Participant, ParticipationMode
from app.http.labels import PARTICIPANT_ROLE_LABELS, PARTICIPATION_MODE_LABELS
from app.web.views.documents.timeline import get_day_in_meeting_zone, get_meeting_today
from app.web.views.meetings.participants import name_delegation_group

SHOWN_LAST = 5


@dataclass(frozen=True, slots=True)
class CheckInLine:
    """A participant on the page of check-in. `came_at` is None if they have not come, or if it was not kept when;
    `is_today` says that the time alone is enough."""

    id: UUID
    name: str
    delegation: LazyText
    capacity: LazyText
    mode: LazyText
    is_present: bool
    came_at: datetime | None
    is_today: bool
    noted_by: str | None


@dataclass(frozen=True, slots=True)
class PresenceCounts:
    """How many of the participants are present, and how many of those who come to the place."""

    present: int
    registered: int
    present_on_site: int
    on_site: int


def count_presence(participants: Sequence[Participant]) -> PresenceCounts:
    """Count who is present."""
    on_site = [each for each in participants if each.mode == ParticipationMode.ON_SITE]
    return PresenceCounts(
        sum(bool(each.attended) for each in participants),
        len(participants),
        sum(bool(each.attended) for each in on_site),
        len(on_site),
    )


def build_check_in_lines(
    session: ReadSession, meeting: Meeting, participants: Collection[Participant]
) -> Mapping[UUID, CheckInLine]:
    """Build the lines of these participants, by id."""
    names = index_person_names(session, (each.attendance_noted_by for each in participants))
    return {each.id: _build_line(each, meeting, names) for each in participants}


def list_last_checked_in(participants: Sequence[Participant]) -> list[Participant]:
    """List those who came last, the latest first."""
    came = [(each.attendance_noted_at, each) for each in participants if each.attended]
    kept = sorted(((at, each) for at, each in came if at), key=lambda pair: pair[0], reverse=True)
    return [each for _at, each in kept[:SHOWN_LAST]]


def _build_line(each: Participant, meeting: Meeting, names: Mapping[UUID, str]) -> CheckInLine:
    came_at = each.attendance_noted_at if each.attended else None
    return CheckInLine(
        id=each.id,
        name=each.name,
        delegation=name_delegation_group(each.entity, each.entity_name),
        capacity=PARTICIPANT_ROLE_LABELS[each.capacity],
        mode=PARTICIPATION_MODE_LABELS[each.mode],
        is_present=bool(each.attended),
        came_at=came_at,
        is_today=came_at is not None and get_day_in_meeting_zone(came_at, meeting) == get_meeting_today(meeting),
        noted_by=names.get(each.attendance_noted_by) if came_at and each.attendance_noted_by else None,
    )
