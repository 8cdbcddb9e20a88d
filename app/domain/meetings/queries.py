"""Meetings and their sessions, as an actor may see them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.core import clock
from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import CHAIRS
from app.domain.documents.models import Document
from app.domain.meetings import events
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession

KEYS = ARRAY(Uuid)
EARLIEST_INSTANT = datetime.min.replace(tzinfo=UTC)


def _build_visible_condition(
    bodies: ColumnElement[Sequence[UUID]], offices: ColumnElement[Sequence[UUID]]
) -> ColumnElement[bool]:
    """SQL condition: a meeting is of one of these bodies; a planned one, of one whose meetings the actor plans."""
    is_planner = Meeting.body_id == any_(offices)
    return and_(Meeting.body_id == any_(bodies), or_(Meeting.life != MeetingLife.PLANNED, is_planner))


def _list_bodies_and_offices(actor: Actor) -> tuple[list[UUID], list[UUID]]:
    """List the bodies of an actor, and those in which they hold an office that plans meetings."""
    return list(actor.bodies_with_role()), list(actor.bodies_with_role(Office.SECRETARY, *CHAIRS))


# Built once, as they are executed for each list and each desk.
_MEETINGS_WITH_BODIES = (
    select(Meeting, Body)
    .join(Body, Body.id == Meeting.body_id)
    .where(_build_visible_condition(bindparam("bodies", type_=KEYS), bindparam("offices", type_=KEYS)))
    .order_by(Meeting.opens_on.desc(), Meeting.number.desc())
)
_DEADLINE_MOVES = (
    select(JournalLine.at, JournalLine.facts)
    .where(
        JournalLine.event == events.DeadlineMoved.name,
        JournalLine.at >= bindparam("since", type_=JournalLine.at.type),
        JournalLine.facts["meeting"].astext == any_(bindparam("meetings", type_=ARRAY(String))),
    )
    .order_by(JournalLine.seq)
)


def is_meeting_of_series(
    body_id: UUID | SQLColumnExpression[UUID], scope: str | SQLColumnExpression[str]
) -> ColumnElement[bool]:
    """Match the meeting in whose series the documents of this body and scope are numbered."""
    return and_(Meeting.body_id == body_id, cast(Meeting.number, String) == scope)


def list_visible_meetings(actor: Actor) -> Select[Meeting]:
    """Select the meetings of the actor's bodies; planned ones only for the secretariat and the chairs of the body."""
    return select(Meeting).where(build_visible_meeting_condition(actor))


def build_visible_meeting_condition(actor: Actor) -> ColumnElement[bool]:
    """SQL condition: the actor may see a meeting, as `list_visible_meetings` selects it."""
    bodies, offices = (literal(keys, KEYS) for keys in _list_bodies_and_offices(actor))
    return _build_visible_condition(bodies, offices)


def get_visible_meeting(session: ReadSession, actor: Actor, meeting_id: UUID) -> Meeting:
    """Return the meeting if the actor may see it. Raises NotFound."""
    row = session.scalar(_select_visible_meeting(actor), {"meeting": meeting_id})
    if row is None:
        raise NotFound()
    return row


@keep_statement
def _select_visible_meeting(actor: Actor) -> Select[Meeting]:
    """Select `meeting`, if the actor may see it."""
    return list_visible_meetings(actor).where(Meeting.id == bindparam("meeting", type_=Uuid))


def list_meetings_with_bodies(session: ReadSession, actor: Actor) -> Sequence[Row[Meeting, Body]]:
    """List all visible meetings with their bodies, the latest first."""
    bodies, offices = _list_bodies_and_offices(actor)
    return session.execute(_MEETINGS_WITH_BODIES, {"bodies": bodies, "offices": offices}).all()


def list_meetings_of_body(session: ReadSession, actor: Actor, body_id: UUID) -> Sequence[Meeting]:
    """List the meetings of a body that the actor may see, the latest first; cancelled ones are left out."""
    return session.scalars(
        list_visible_meetings(actor)
        .where(Meeting.body_id == body_id, Meeting.life != MeetingLife.CANCELLED)
        .order_by(Meeting.opens_on.desc(), Meeting.number.desc())
    ).all()


def find_meeting_of_document(session: ReadSession, actor: Actor, document: Document) -> Meeting | None:
    """Find the meeting in whose series a document is numbered; None if there is none that the actor may see."""
    return session.scalar(list_visible_meetings(actor).where(is_meeting_of_series(document.body_id, document.scope)))


def list_later_meetings(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Meeting]:
    """List the meetings of the same body that open after this one and take contributions, the next first."""
    return session.scalars(
        list_visible_meetings(actor)
        .where(
            Meeting.body_id == meeting.body_id,
            Meeting.opens_on > meeting.opens_on,
            Meeting.life.in_((MeetingLife.CONVENED, MeetingLife.OPEN, MeetingLife.IN_SESSION)),
            Meeting.closes_on >= clock.now().date(),
        )
        .order_by(Meeting.opens_on)
    ).all()


def find_previous_meeting(session: ReadSession, actor: Actor, meeting: Meeting) -> Meeting | None:
    """Find the meeting of the same body before this one that was not cancelled, if the actor may see it."""
    earlier = list_visible_meetings(actor).where(
        Meeting.body_id == meeting.body_id,
        Meeting.opens_on < meeting.opens_on,
        Meeting.life.not_in((MeetingLife.PLANNED, MeetingLife.CANCELLED)),
    )
    return session.scalar(earlier.order_by(Meeting.opens_on.desc(), Meeting.number.desc()).limit(1))


def build_upcoming_condition() -> ColumnElement[bool]:
    """SQL condition: a meeting is convened and not over."""
    return and_(
        Meeting.life.in_((MeetingLife.CONVENED, MeetingLife.OPEN, MeetingLife.IN_SESSION)),
        Meeting.closes_on >= clock.now().date(),
    )


def list_upcoming_meetings(session: ReadSession, actor: Actor, body_id: UUID) -> Sequence[Meeting]:
    """List the meetings of a body that are convened and not over, the next first."""
    return session.scalars(
        list_visible_meetings(actor)
        .where(Meeting.body_id == body_id, build_upcoming_condition())
        .order_by(Meeting.opens_on, Meeting.number)
    ).all()


def find_last_deadline_moves(
    session: ReadSession, meetings: Iterable[Meeting], since: datetime | None = None
) -> dict[UUID, tuple[datetime, datetime]]:
    """Find the last move of the deadline of each of these meetings, since an instant if given.

    Returns, by meeting id, when it was moved and the deadline before.
    """
    keys = [str(meeting.id) for meeting in meetings]
    rows = session.execute(_DEADLINE_MOVES, {"meetings": keys, "since": since or EARLIEST_INSTANT}).all()
    return {UUID(str(row.facts["meeting"])): (row.at, datetime.fromisoformat(str(row.facts["was"]))) for row in rows}


@list_of_thing
def list_sessions(meeting_id: KeyParameter) -> Select[MeetingSession]:
    """List the sessions of a meeting in their order. The caller has checked that the actor may see the meeting."""
    return select(MeetingSession).where(MeetingSession.meeting_id == meeting_id).order_by(MeetingSession.starts_at)


def list_recent_and_upcoming_meetings(session: ReadSession, actor: Actor, since: date) -> Sequence[Row[Meeting, Body]]:
    """List visible meetings that closed on `since` or later, or are still to come, with their bodies, by date."""
    return session.execute(
        list_visible_meetings(actor)
        .where(Meeting.closes_on >= since)
        .join(Body, Body.id == Meeting.body_id)
        .add_columns(Body)
        .order_by(Meeting.opens_on, Meeting.id)
    ).all()


def list_sessions_of_meetings(session: ReadSession, meetings: Iterable[Meeting]) -> Sequence[MeetingSession]:
    """List the sessions of several meetings in their order. The caller has checked that the actor may see them."""
    in_meetings = MeetingSession.meeting_id.in_([meeting.id for meeting in meetings])
    return session.scalars(select(MeetingSession).where(in_meetings).order_by(MeetingSession.starts_at)).all()


def get_visible_session(session: ReadSession, actor: Actor, meeting_session_id: UUID) -> MeetingSession:
    """Return a session of a meeting that the actor may see. Raises NotFound."""
    meeting_ids = list_visible_meetings(actor).with_only_columns(Meeting.id)
    row = session.scalar(
        select(MeetingSession).where(
            MeetingSession.id == meeting_session_id, MeetingSession.meeting_id.in_(meeting_ids)
        )
    )
    if row is None:
        raise NotFound()
    return row


def has_deadline_between(session: ReadSession, after: datetime, until: datetime) -> bool:
    """Return whether contributions to any meeting were due between two instants. For the system, without an actor."""
    due = Meeting.contributions_due_at
    return session.scalar(select(Meeting.id).where(due > after, due <= until).limit(1)) is not None


def find_convening_time(session: ReadSession, meeting: Meeting) -> datetime | None:
    """Find the instant at which a meeting was convened; None while it is planned."""
    return session.scalar(
        select(JournalLine.at)
        .where(
            JournalLine.event == events.MeetingConvened.name,
            JournalLine.facts["meeting"].astext == str(meeting.id),
        )
        .limit(1)
    )
