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
    """Meetings of the bodies in which the actor has a seat; what is only planned, for its secretariat and chairs."""
    return select(Meeting).where(
        Meeting.body_id.in_(actor.bodies()),
        or_(Meeting.life != Life.PLANNED, Meeting.body_id.in_(actor.bodies(Office.SECRETARY, *CHAIRS))),
    )


def one_visible(session: ReadSession, actor: Actor, meeting: UUID) -> Meeting:
    """That meeting, or Unknown."""
    found = session.scalar(visible(actor).where(Meeting.id == meeting))
    if found is None:
        raise Unknown()
    return found


def listed(session: ReadSession, actor: Actor) -> Sequence[Row[Meeting, Body]]:
    """All meetings with their bodies, the latest first."""
    return session.execute(
        visible(actor)
        .join(Body, Body.id == Meeting.body_id)
        .add_columns(Body)
        .order_by(Meeting.opens_on.desc(), Meeting.number.desc())
    ).all()


def of_document(session: ReadSession, actor: Actor, document: Document) -> Meeting | None:
    """The meeting in whose series a document stands, if its numbers are a meeting's and the actor may see that."""
    return session.scalar(
        visible(actor).where(Meeting.body_id == document.body_id, cast(Meeting.number, String) == document.scope)
    )


def later(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Meeting]:
    """The meetings of the same body that open after this one and take contributions, the next first."""
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
    """The meetings of that body which are convened and not over, the next first."""
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
    """The last move of the deadline of each of these meetings (since then): when it happened, what it was before."""
    moved = select(JournalLine.at, JournalLine.facts).where(
        JournalLine.event == events.DeadlineMoved.name,
        true() if since is None else JournalLine.at >= since,
        JournalLine.facts["meeting"].astext.in_([str(meeting.id) for meeting in meetings]),
    )
    rows = session.execute(moved.order_by(JournalLine.seq)).all()
    return {UUID(str(row.facts["meeting"])): (row.at, datetime.fromisoformat(str(row.facts["was"]))) for row in rows}


def sessions(session: ReadSession, meeting: Meeting) -> Sequence[MeetingSession]:
    """The sessions of a meeting that was found for the actor, in their order."""
    return session.scalars(
        select(MeetingSession).where(MeetingSession.meeting_id == meeting.id).order_by(MeetingSession.starts_at)
    ).all()


def not_long_over(session: ReadSession, actor: Actor, since: date) -> Sequence[Row[Meeting, Body]]:
    """Meetings that closed on that day or later, or are still to come, with their bodies; the first first."""
    return session.execute(
        visible(actor)
        .where(Meeting.closes_on >= since)
        .join(Body, Body.id == Meeting.body_id)
        .add_columns(Body)
        .order_by(Meeting.opens_on, Meeting.id)
    ).all()


def sessions_of_all(session: ReadSession, meetings: Iterable[Meeting]) -> Sequence[MeetingSession]:
    """The sessions of meetings that were found for the actor, in their order."""
    mine = MeetingSession.meeting_id.in_([each.id for each in meetings])
    return session.scalars(select(MeetingSession).where(mine).order_by(MeetingSession.starts_at)).all()


def one_session(session: ReadSession, actor: Actor, meeting_session: UUID) -> MeetingSession:
    """That session of a meeting that the actor may see, or Unknown."""
    seen = visible(actor).with_only_columns(Meeting.id)
    found = session.scalar(
        select(MeetingSession).where(MeetingSession.id == meeting_session, MeetingSession.meeting_id.in_(seen))
    )
    if found is None:
        raise Unknown()
    return found


def has_deadline_between(session: ReadSession, after: datetime, until: datetime) -> bool:
    """Whether contributions to some meeting were due in that time. The house asks, for nobody."""
    due = Meeting.contributions_due_at
    return session.scalar(select(Meeting.id).where(due > after, due <= until).limit(1)) is not None


def convened_at(session: ReadSession, meeting: Meeting) -> datetime | None:
    """When a meeting was convened; None while it is planned."""
    return session.scalar(
        select(JournalLine.at)
        .where(
            JournalLine.event == events.MeetingConvened.name,
            JournalLine.facts["meeting"].astext == str(meeting.id),
        )
        .limit(1)
    )
