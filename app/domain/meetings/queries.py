"""Meetings and their sessions, as an actor may see them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, Select, String, cast, or_, select, true

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.journal import JournalLine
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import CHAIRS
from app.domain.documents.models import Document
from app.domain.meetings import events
from app.domain.meetings.models import Life, Meeting, MeetingSession


def visible(actor: Actor) -> Select[Meeting]:
    """Select the meetings of the actor's bodies; planned ones only for the secretariat and the chairs of the body."""
    return select(Meeting).where(
        Meeting.body_id.in_(actor.bodies()),
        or_(Meeting.life != Life.PLANNED, Meeting.body_id.in_(actor.bodies(Office.SECRETARY, *CHAIRS))),
    )


def one_visible(session: ReadSession, actor: Actor, meeting: UUID) -> Meeting:
    """Return the meeting if the actor may see it. Raises NotFound."""
    row = session.scalar(visible(actor).where(Meeting.id == meeting))
    if row is None:
        raise Unknown()
    return row


def listed(session: ReadSession, actor: Actor) -> Sequence[Row[Meeting, Body]]:
    """List all visible meetings with their bodies, the latest first."""
    return session.execute(
        visible(actor)
        .join(Body, Body.id == Meeting.body_id)
        .add_columns(Body)
        .order_by(Meeting.opens_on.desc(), Meeting.number.desc())
    ).all()


def of_document(session: ReadSession, actor: Actor, document: Document) -> Meeting | None:
    """Find the meeting in whose series a document is numbered; None if there is none that the actor may see."""
    return session.scalar(
        visible(actor).where(Meeting.body_id == document.body_id, cast(Meeting.number, String) == document.scope)
    )


def later(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Meeting]:
    """List the meetings of the same body that open after this one and take contributions, the next first."""
    return session.scalars(
        visible(actor)
        .where(
            Meeting.body_id == meeting.body_id,
            Meeting.opens_on > meeting.opens_on,
            Meeting.life.in_((Life.CONVENED, Life.OPEN, Life.IN_SESSION)),
            Meeting.closes_on >= clock.now().date(),
        )
        .order_by(Meeting.opens_on)
    ).all()


def to_come(session: ReadSession, actor: Actor, body: UUID) -> Sequence[Meeting]:
    """List the meetings of a body that are convened and not over, the next first."""
    return session.scalars(
        visible(actor)
        .where(
            Meeting.body_id == body,
            Meeting.life.in_((Life.CONVENED, Life.OPEN, Life.IN_SESSION)),
            Meeting.closes_on >= clock.now().date(),
        )
        .order_by(Meeting.opens_on, Meeting.number)
    ).all()


def deadline_moves(
    session: ReadSession, meetings: Iterable[Meeting], since: datetime | None = None
) -> dict[UUID, tuple[datetime, datetime]]:
    """Find the last move of the deadline of each of these meetings, since an instant if given.

    Returns, by meeting id, when it was moved and the deadline before.
    """
    moved = select(JournalLine.at, JournalLine.facts).where(
        JournalLine.event == events.DeadlineMoved.name,
        true() if since is None else JournalLine.at >= since,
        JournalLine.facts["meeting"].astext.in_([str(meeting.id) for meeting in meetings]),
    )
    rows = session.execute(moved.order_by(JournalLine.seq)).all()
    return {UUID(str(row.facts["meeting"])): (row.at, datetime.fromisoformat(str(row.facts["was"]))) for row in rows}


def sessions(session: ReadSession, meeting: Meeting) -> Sequence[MeetingSession]:
    """List the sessions of a meeting in their order. The caller has checked that the actor may see the meeting."""
    return session.scalars(
        select(MeetingSession).where(MeetingSession.meeting_id == meeting.id).order_by(MeetingSession.starts_at)
    ).all()


def not_long_over(session: ReadSession, actor: Actor, since: date) -> Sequence[Row[Meeting, Body]]:
    """List visible meetings that closed on `since` or later, or are still to come, with their bodies, by date."""
    return session.execute(
        visible(actor)
        .where(Meeting.closes_on >= since)
        .join(Body, Body.id == Meeting.body_id)
        .add_columns(Body)
        .order_by(Meeting.opens_on, Meeting.id)
    ).all()


def sessions_of_all(session: ReadSession, meetings: Iterable[Meeting]) -> Sequence[MeetingSession]:
    """List the sessions of several meetings in their order. The caller has checked that the actor may see them."""
    in_meetings = MeetingSession.meeting_id.in_([meeting.id for meeting in meetings])
    return session.scalars(select(MeetingSession).where(in_meetings).order_by(MeetingSession.starts_at)).all()


def one_session(session: ReadSession, actor: Actor, meeting_session: UUID) -> MeetingSession:
    """Return a session of a meeting that the actor may see. Raises NotFound."""
    meeting_ids = visible(actor).with_only_columns(Meeting.id)
    row = session.scalar(
        select(MeetingSession).where(MeetingSession.id == meeting_session, MeetingSession.meeting_id.in_(meeting_ids))
    )
    if row is None:
        raise Unknown()
    return row


def has_deadline_between(session: ReadSession, after: datetime, until: datetime) -> bool:
    """Return whether contributions to any meeting were due between two instants. For the system, without an actor."""
    due = Meeting.contributions_due_at
    return session.scalar(select(Meeting.id).where(due > after, due <= until).limit(1)) is not None


def convened_at(session: ReadSession, meeting: Meeting) -> datetime | None:
    """Find the instant at which a meeting was convened; None while it is planned."""
    return session.scalar(
        select(JournalLine.at)
        .where(
            JournalLine.event == events.MeetingConvened.name,
            JournalLine.facts["meeting"].astext == str(meeting.id),
        )
        .limit(1)
    )
