"""What is pending for a meeting: the steps of its life, its sessions, and translations of its documents."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, exists, select

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, QueueLabel
from app.core.permissions import Actor, Permission
from app.domain.bodies.models import Body, Office
from app.domain.bodies.pending import CHAIR_AND_SECRETARIAT, SECRETARIAT
from app.domain.bodies.rules import CHAIRS
from app.domain.documents import events as document_events
from app.domain.documents import rules as documents
from app.domain.documents.queries.translations_due import select_translations_due_by_scope
from app.domain.meetings import events, queries, rules
from app.domain.meetings.inputs import end_of_day
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession

TRANSLATE = PendingActionKind(
    name="document:translate",
    heading=_("Translations due: %(count)s"),
    words=_("Add the missing language versions."),
    button=_("View"),
    waits_for=SECRETARIAT,
    settled_by=(documents.TRANSLATE,),
    begun_by=(document_events.DocumentRegistered.name, document_events.EditionRegistered.name),
    queue=QueueLabel(_("Translations due"), "/translations"),
)


CONVENE = PendingActionKind(
    name="meeting:convene",
    heading=_("A meeting is saved as a draft"),
    words=_("Check the dates, then convene the meeting. Until then delegations cannot see it."),
    button=_("Open the meeting page"),
    waits_for=SECRETARIAT,
    settled_by=(rules.CONVENE_PLANNED, rules.CANCEL),
    statuses=(MeetingLife.PLANNED,),
    begun_by=(events.MeetingPlanned.name,),
)
OPEN = PendingActionKind(
    name="meeting:open",
    heading=_("A meeting is not open for contributions yet"),
    words=_("Open it, so that delegations can submit their contributions."),
    button=_("Open the meeting page"),
    waits_for=SECRETARIAT,
    settled_by=(rules.OPEN, rules.CANCEL),
    statuses=(MeetingLife.CONVENED,),
    begun_by=(events.MeetingConvened.name,),
)
SCHEDULE_SESSIONS = PendingActionKind(
    name="meeting:schedule-sessions",
    heading=_("A meeting has no sessions"),
    words=_("Schedule the sessions, so that the time plan can be made and the floor opened."),
    button=_("Schedule sessions"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.SCHEDULE_SESSIONS,),
    statuses=(MeetingLife.CONVENED, MeetingLife.OPEN, MeetingLife.IN_SESSION),
    begun_by=(events.MeetingConvened.name,),
)
BEGIN = PendingActionKind(
    name="meeting:begin",
    heading=_("The first day of a meeting has come"),
    words=_("Begin the meeting once it has been opened in the room."),
    button=_("Open the meeting page"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.BEGIN, rules.CANCEL),
    statuses=(MeetingLife.CONVENED, MeetingLife.OPEN),
)
CLOSE = PendingActionKind(
    name="meeting:close",
    heading=_("The last day of a meeting has come"),
    words=_("Close the meeting once it has ended in the room."),
    button=_("Open the meeting page"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.CLOSE,),
    statuses=(MeetingLife.IN_SESSION,),
)


def select_meetings_with_prefix(actor: Actor, *roles: str) -> Select[Meeting, str]:
    """Select the meetings of bodies in which the actor holds one of these seats, or any, each with its prefix."""
    visible = queries.list_visible_meetings(actor).join(Body, Body.id == Meeting.body_id).add_columns(Body.prefix)
    return visible.where(Meeting.body_id.in_(actor.bodies_with_role(*roles)))


def build_meeting_action(
    kind: PendingActionKind,
    meeting: Meeting,
    prefix: str,
    page: str = "",
    *,
    due_at: datetime | None = None,
    since: datetime | None = None,
    count: int = 1,
) -> PendingAction:
    """Build an action on a meeting of the body with this prefix. `page` is one below that of the meeting."""
    return PendingAction(
        kind=kind,
        subject=meeting.id,
        path=f"/meetings/{meeting.id}{page}",
        title=build_meeting_name(prefix, meeting.number),
        due_at=due_at,
        zone=meeting.zone,
        since=since,
        values={"count": count},
        count=count,
    )


def get_local_day(meeting: Meeting) -> date:
    """Return the present day at the place of a meeting."""
    return clock.now().astimezone(ZoneInfo(meeting.zone)).date()


def select_meetings_ahead(actor: Actor) -> Select[Meeting, str, bool]:
    """Select the meetings that are not over, for the chair and the secretariat, with whether they have sessions."""
    has_sessions = exists().where(MeetingSession.meeting_id == Meeting.id, ~MeetingSession.cancelled)
    return (
        select_meetings_with_prefix(actor, *CHAIRS, Office.SECRETARY)
        .add_columns(has_sessions)
        .where(Meeting.life.not_in(rules.ENDED_LIVES))
        .order_by(Meeting.opens_on, Meeting.id)
    )


def build_life_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Meeting, str, bool]]
) -> Iterator[PendingAction]:
    """Yield the next step of each meeting that is not over, and its missing sessions, for those who may take it."""
    for meeting, prefix, is_scheduled in rows:
        if step := _find_next_step(meeting):
            kind, permission, due_at = step
            if permission.allows(actor, meeting):
                yield build_meeting_action(kind, meeting, prefix, due_at=due_at)
        if not is_scheduled and meeting.life != MeetingLife.PLANNED and rules.SCHEDULE_SESSIONS.allows(actor, meeting):
            yield build_meeting_action(SCHEDULE_SESSIONS, meeting, prefix, "/sessions", due_at=meeting.posting_due_at)


def _find_next_step(meeting: Meeting) -> tuple[PendingActionKind, Permission[Meeting], datetime] | None:
    """Find the next step in the life of a meeting, the permission that it needs, and by when it is due."""
    today = get_local_day(meeting)
    if meeting.life == MeetingLife.PLANNED:
        return CONVENE, rules.CONVENE_PLANNED, meeting.proposals_due_at
    if meeting.life == MeetingLife.IN_SESSION:
        due_at = end_of_day(meeting.closes_on, meeting.zone)
        return (CLOSE, rules.CLOSE, due_at) if today >= meeting.closes_on else None
    if today >= meeting.opens_on:
        return BEGIN, rules.BEGIN, end_of_day(meeting.opens_on, meeting.zone)
    return (OPEN, rules.OPEN, meeting.contributions_due_at) if meeting.life == MeetingLife.CONVENED else None


def build_meeting_name(prefix: str, number: int) -> LazyText:
    """Build the name of a meeting from the prefix of its body and its number."""
    return _("%(group)s, meeting %(number)s", group=prefix, number=number)


def select_meetings_to_translate(actor: Actor) -> Select[int, str, Meeting]:
    """Select how many translations are due for each meeting in whose series the documents are numbered."""
    due = select_translations_due_by_scope(actor).subquery()
    return (
        select(due.c.count, Body.prefix, Meeting)
        .join(Body, Body.id == due.c.body_id)
        .join(Meeting, queries.is_meeting_of_series(due.c.body_id, due.c.scope))
        .order_by(Meeting.posting_due_at)
    )


def build_translation_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[int, str, Meeting]]
) -> Iterator[PendingAction]:
    """Yield the translations that are due, one action for each meeting."""
    for count, prefix, meeting in rows:
        yield PendingAction(
            kind=TRANSLATE,
            subject=meeting.id,
            path=f"/translations?meeting={meeting.id}",
            title=build_meeting_name(prefix, meeting.number),
            due_at=meeting.posting_due_at,
            zone=meeting.zone,
            values={"count": count},
            count=count,
            overdue=count if meeting.posting_due_at <= clock.now() else 0,
        )


SOURCES = (
    PendingActionSource(
        (CONVENE, OPEN, SCHEDULE_SESSIONS, BEGIN, CLOSE),
        (*CHAIRS, Office.SECRETARY),
        select_meetings_ahead,
        build_life_actions,
    ),
    PendingActionSource((TRANSLATE,), (Office.SECRETARY,), select_meetings_to_translate, build_translation_actions),
)
