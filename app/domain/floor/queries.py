"""The floor of a meeting that was found for the actor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.journal import JournalLine
from app.domain.agendas.models import AgendaRelease, ReleasedAllocation
from app.domain.bodies.models import Accreditation
from app.domain.decisions.models import Decision
from app.domain.decisions.rules import At
from app.domain.floor import events, rules
from app.domain.floor.models import FloorMove, FloorRequest, Kind, Sitting, Standing
from app.domain.meetings.models import Meeting, MeetingSession

OVER = 0
"""What listeners are told when the session is closed; otherwise they are told the count of changes."""


@dataclass(frozen=True, slots=True)
class Total:
    """How often a State had the floor in a session, and for how many seconds."""

    entity: str
    times: int
    seconds: float


def topic(meeting: UUID) -> str:
    """What listeners to the floor of a meeting listen to (`app.core.bell`)."""
    return f"floor/{meeting}"


def open_one(session: ReadSession, meeting: Meeting, *, lock: bool = False) -> Sitting | None:
    """The session that sits now. With `lock`, nobody else changes the floor until the transaction ends."""
    wanted = select(Sitting).where(Sitting.meeting_id == meeting.id, Sitting.closed_at.is_(None))
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalar(wanted)


def last_one(session: ReadSession, meeting: Meeting) -> Sitting | None:
    """The session that was opened last, whether it sits or not."""
    ordered = select(Sitting).where(Sitting.meeting_id == meeting.id).order_by(Sitting.changes.desc())
    return session.scalar(ordered.limit(1))


def at(session: ReadSession, meeting: Meeting, entity: str = "") -> At:
    """The meeting at this moment, as the rules look at it."""
    return At(meeting, open_one(session, meeting) is not None, entity)


def at_session_of(session: ReadSession, meeting: Meeting, decision: Decision) -> At:
    """The meeting as a decision sees it: whether the session in which it fell still sits."""
    now = open_one(session, meeting)
    return At(meeting, now is not None and now.session_id == decision.session_id)


def changes(session: ReadSession, meeting: UUID) -> int | None:
    """How often the floor of a meeting has changed; None if no session sits."""
    return session.scalar(select(Sitting.changes).where(Sitting.meeting_id == meeting, Sitting.closed_at.is_(None)))


def one_session(session: ReadSession, meeting: Meeting, wanted: UUID) -> MeetingSession:
    """That session of the meeting, or Unknown; a cancelled one is none."""
    found = session.scalar(
        select(MeetingSession).where(
            MeetingSession.id == wanted, MeetingSession.meeting_id == meeting.id, ~MeetingSession.cancelled
        )
    )
    if found is None:
        raise Unknown()
    return found


def to_open(session: ReadSession, meeting: Meeting) -> Sequence[MeetingSession]:
    """Sessions that were never opened or were closed last, in their order: the one that comes next stands first."""
    last = last_one(session, meeting)
    wanted = (
        select(MeetingSession)
        .outerjoin(Sitting, Sitting.session_id == MeetingSession.id)
        .where(MeetingSession.meeting_id == meeting.id, ~MeetingSession.cancelled)
        .where(Sitting.session_id.is_(None) | (Sitting.session_id == (last.session_id if last else None)))
        .order_by(Sitting.session_id.is_not(None), MeetingSession.starts_at)
    )
    return session.scalars(wanted).all()


def requests(session: ReadSession, *sittings: Sitting) -> Sequence[FloorRequest]:
    """Everybody who asked for the floor in a session, in the order of asking; or in any of several."""
    there = FloorRequest.session_id.in_([each.session_id for each in sittings])
    wanted = select(FloorRequest).where(there).order_by(FloorRequest.number)
    return session.scalars(wanted).all()


def one_request(session: ReadSession, sitting: Sitting, request: UUID) -> FloorRequest:
    """That request for the floor of this session, or Unknown."""
    found = session.scalar(
        select(FloorRequest).where(FloorRequest.id == request, FloorRequest.session_id == sitting.session_id)
    )
    if found is None:
        raise Unknown()
    return found


def one_of_meeting(session: ReadSession, meeting: Meeting, request: UUID) -> FloorRequest:
    """That request for the floor, of whichever session of the meeting, or Unknown."""
    found = session.scalar(
        select(FloorRequest)
        .join(Sitting, Sitting.session_id == FloorRequest.session_id)
        .where(FloorRequest.id == request, Sitting.meeting_id == meeting.id)
    )
    if found is None:
        raise Unknown()
    return found


def speaking(requests: Sequence[FloorRequest]) -> FloorRequest | None:
    """Who has the floor, among these."""
    return next((each for each in requests if each.standing == Standing.SPEAKING), None)


def on_the_list(requests: Sequence[FloorRequest], kind: str) -> list[FloorRequest]:
    """Those of one kind who wait, in order."""
    return [each for each in rules.in_order(requests) if each.kind == kind and each.standing == Standing.WAITING]


def heard(requests: Sequence[FloorRequest]) -> int:
    """How many statements were begun, without points of order."""
    return sum(each.given_at is not None and each.kind != Kind.POINT_OF_ORDER for each in requests)


def totals(requests: Sequence[FloorRequest], moment: datetime) -> list[Total]:
    """How long each State spoke, the longest first."""
    found: dict[str, Total] = {}
    for each in requests:
        if each.given_at:
            so_far = found.get(each.entity, Total(each.entity, 0, 0.0))
            spoken = so_far.seconds + rules.seconds_spoken(each, moment)
            found[each.entity] = Total(each.entity, so_far.times + 1, spoken)
    return sorted(found.values(), key=lambda total: (-total.seconds, total.entity))


def moves(session: ReadSession, *sittings: Sitting) -> Sequence[tuple[FloorMove, str]]:
    """Changes of the order of the list in a session, or in several, with the State that was moved."""
    rows = session.execute(
        select(FloorMove, FloorRequest.entity)
        .join(FloorRequest, FloorRequest.id == FloorMove.request_id)
        .where(FloorRequest.session_id.in_([each.session_id for each in sittings]))
        .order_by(FloorMove.moved_at)
    )
    return [(row[0], row[1]) for row in rows]


def lists_closed(session: ReadSession, meeting: Meeting) -> Mapping[UUID | None, datetime]:
    """When the list of speakers closes or closed, by item; without lists opened again, or left before they closed."""
    lines = session.execute(
        select(JournalLine.at, JournalLine.event, JournalLine.facts)
        .where(JournalLine.body == meeting.body_id, JournalLine.facts["meeting"].astext == str(meeting.id))
        .where(JournalLine.event.in_((events.ItemTakenUp.name, events.ListChanged.name)))
        .order_by(JournalLine.seq)
    )
    found: dict[UUID | None, datetime] = {}
    item: UUID | None = None
    for at, event, facts in lines:
        if facts.get("what") == "closes":
            found[item] = datetime.fromisoformat(str(facts["at"]))
        elif facts.get("what") == "reopened":
            found.pop(item, None)
        elif event == events.ItemTakenUp.name:
            if item in found and found[item] > at:
                del found[item]
            item = UUID(str(facts["item"]))
    return found


def documents_under(session: ReadSession, meeting: Meeting, item: UUID) -> Sequence[UUID]:
    """The documents under an item of the agenda that everybody sees, in order."""
    return session.scalars(
        select(ReleasedAllocation.document_id)
        .join(AgendaRelease, AgendaRelease.id == ReleasedAllocation.release_id)
        .where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.is_current, ReleasedAllocation.item_id == item)
        .order_by(ReleasedAllocation.position)
    ).all()


def last_number(session: ReadSession, sitting: Sitting) -> int:
    """The number of the latest request of a session; 0 before the first."""
    mine = select(func.max(FloorRequest.number)).where(FloorRequest.session_id == sitting.session_id)
    return session.scalar(mine) or 0


def represented(session: ReadSession, meeting: Meeting) -> set[str]:
    """The States (or other members) that have somebody accredited in the body at present."""
    here = select(Accreditation.entity).where(
        Accreditation.body_id == meeting.body_id,
        Accreditation.ended_at.is_(None),
        Accreditation.from_on <= func.current_date(),
        Accreditation.until_on >= func.current_date(),
    )
    return set(session.scalars(here.distinct()))
