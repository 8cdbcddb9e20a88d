"""Read the floor of a meeting. Access to the meeting is checked by the caller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select

from app.core import clock
from app.core.database.combined_lists import KeyParameter, list_of_thing, rows_of_thing
from app.core.db import ReadSession, add_row_lock
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.agendas.models import AgendaRelease, ReleasedAllocation
from app.domain.agendas.queries.agenda_releases import list_released_item_plans
from app.domain.agendas.rules.time_plan import PlannedItem, resolve_item_sessions
from app.domain.bodies.models import Accreditation
from app.domain.decisions.models import Decision
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.floor import events, rules
from app.domain.floor.models import (
    ChairNote,
    FloorPresence,
    FloorRequest,
    FloorRequestKind,
    FloorRequestMove,
    FloorRequestStatus,
    LastAct,
    Sitting,
)
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.rules import ENDED_LIVES

SESSION_CLOSED = 0
"""Message to listeners when the session is closed; any other message is the count of changes."""

CONNECTED = timedelta(seconds=75)
"""How long a person counts as connected after their page asked."""
RENEWED_AFTER = timedelta(seconds=25)
"""How old a note is when it is renewed. An open page is noticed every 40 seconds at the latest."""


@dataclass(frozen=True, slots=True)
class SpeakingTotal:
    """Number of statements of a State, and their seconds."""

    entity: str
    statements: int
    seconds: float


def floor_channel(meeting: UUID) -> str:
    """Return the channel of the floor of a meeting (`app.core.pubsub`)."""
    return f"floor/{meeting}"


def find_open_sitting(session: ReadSession, meeting: Meeting, *, lock: bool = False) -> Sitting | None:
    """Find the sitting that is open now. With `lock`, it is locked until the transaction ends."""
    if lock:
        return session.scalar(add_row_lock(_select_open_sittings().where(Sitting.meeting_id == meeting.id)))
    return next(iter(list_open_sittings(session, meeting)), None)


def _select_open_sittings() -> Select[Sitting]:
    return select(Sitting).where(Sitting.closed_at.is_(None))


@list_of_thing
def list_open_sittings(meeting_id: KeyParameter) -> Select[Sitting]:
    """List the sitting of a meeting that is open now, if there is one."""
    return _select_open_sittings().where(Sitting.meeting_id == meeting_id)


@list_of_thing
def list_requests_of_open_sitting(meeting_id: KeyParameter) -> Select[FloorRequest]:
    """List the requests for the floor in the sitting of a meeting that is open now, in the order of requesting."""
    requests = select(FloorRequest).join(Sitting, Sitting.session_id == FloorRequest.session_id)
    return requests.where(Sitting.meeting_id == meeting_id, Sitting.closed_at.is_(None)).order_by(FloorRequest.number)


@list_of_thing
def list_sittings(meeting_id: KeyParameter) -> Select[Sitting]:
    """List every sitting of a meeting in the order in which they were opened."""
    return select(Sitting).where(Sitting.meeting_id == meeting_id).order_by(Sitting.opened_at)


@list_of_thing
def list_requests_of_meeting(meeting_id: KeyParameter) -> Select[FloorRequest]:
    """List the requests for the floor in every sitting of a meeting, in the order of requesting."""
    requests = select(FloorRequest).join(Sitting, Sitting.session_id == FloorRequest.session_id)
    return requests.where(Sitting.meeting_id == meeting_id).order_by(FloorRequest.number)


@list_of_thing
def list_moves_of_meeting(meeting_id: KeyParameter) -> Select[FloorRequestMove]:
    """List changes of the order in every sitting of a meeting, the latest last."""
    moves = select(FloorRequestMove).join(FloorRequest, FloorRequest.id == FloorRequestMove.request_id)
    of_meeting = moves.join(Sitting, Sitting.session_id == FloorRequest.session_id)
    return of_meeting.where(Sitting.meeting_id == meeting_id).order_by(FloorRequestMove.moved_at)


@rows_of_thing
def list_moves_of_open_sitting(meeting_id: KeyParameter) -> Select[FloorRequestMove, str]:
    """List changes of the order in the sitting of a meeting that is open now, each with the State that was moved, the
    latest last."""
    moves = select(FloorRequestMove, FloorRequest.entity)
    moves = moves.join(FloorRequest, FloorRequest.id == FloorRequestMove.request_id)
    of_meeting = moves.join(Sitting, Sitting.session_id == FloorRequest.session_id)
    return of_meeting.where(Sitting.meeting_id == meeting_id, Sitting.closed_at.is_(None)).order_by(
        FloorRequestMove.moved_at
    )


def find_last_sitting(session: ReadSession, meeting: Meeting) -> Sitting | None:
    """Find the sitting that was opened last, whether it is open or not."""
    ordered = select(Sitting).where(Sitting.meeting_id == meeting.id).order_by(Sitting.changes.desc())
    return session.scalar(ordered.limit(1))


def build_floor_rule_subject(session: ReadSession, meeting: Meeting, entity: str = "") -> FloorRuleSubject:
    """Build the subject of the rules for a meeting at this moment."""
    return FloorRuleSubject(meeting, find_open_sitting(session, meeting) is not None, entity)


def build_decision_rule_subject(session: ReadSession, meeting: Meeting, decision: Decision) -> FloorRuleSubject:
    """Build the subject of the rules on a decision: whether the session that it was taken in is still open."""
    sitting = find_open_sitting(session, meeting)
    return FloorRuleSubject(meeting, sitting is not None and sitting.session_id == decision.session_id)


def count_floor_changes(session: ReadSession, meeting_id: UUID) -> int | None:
    """Return the count of changes of the floor of a meeting; None if no session is open."""
    return session.scalar(select(Sitting.changes).where(Sitting.meeting_id == meeting_id, Sitting.closed_at.is_(None)))


def get_meeting_session(session: ReadSession, meeting: Meeting, session_id: UUID) -> MeetingSession:
    """Return a session of the meeting that is not cancelled. Raises NotFound."""
    meeting_session = session.scalar(
        select(MeetingSession).where(
            MeetingSession.id == session_id, MeetingSession.meeting_id == meeting.id, ~MeetingSession.cancelled
        )
    )
    if meeting_session is None:
        raise NotFound()
    return meeting_session


def list_sessions_ready_to_open(session: ReadSession, meeting: Meeting) -> Sequence[MeetingSession]:
    """List the sessions that may be opened: those never opened, in their order, then the one that was closed last."""
    last = find_last_sitting(session, meeting)
    statement = (
        select(MeetingSession)
        .outerjoin(Sitting, Sitting.session_id == MeetingSession.id)
        .where(MeetingSession.meeting_id == meeting.id, ~MeetingSession.cancelled)
        .where(Sitting.session_id.is_(None) | (Sitting.session_id == (last.session_id if last else None)))
        .order_by(Sitting.session_id.is_not(None), MeetingSession.starts_at)
    )
    return session.scalars(statement).all()


def find_next_session(session: ReadSession, meeting: Meeting) -> MeetingSession | None:
    """Find the first session that was not opened yet; None once the meeting has ended."""
    if meeting.life in ENDED_LIVES:
        return None
    never_opened = ~select(Sitting.session_id).where(Sitting.session_id == MeetingSession.id).exists()
    statement = select(MeetingSession).where(MeetingSession.meeting_id == meeting.id, ~MeetingSession.cancelled)
    return session.scalar(statement.where(never_opened).order_by(MeetingSession.starts_at).limit(1))


def list_floor_requests(session: ReadSession, sitting: Sitting) -> Sequence[FloorRequest]:
    """List the requests for the floor in a sitting, in the order of requesting."""
    statement = select(FloorRequest).where(FloorRequest.session_id == sitting.session_id)
    return session.scalars(statement.order_by(FloorRequest.number)).all()


def get_floor_request(session: ReadSession, sitting: Sitting, request_id: UUID) -> FloorRequest:
    """Return a request for the floor of this sitting. Raises NotFound."""
    row = session.scalar(
        select(FloorRequest).where(FloorRequest.id == request_id, FloorRequest.session_id == sitting.session_id)
    )
    if row is None:
        raise NotFound()
    return row


def get_floor_request_of_meeting(session: ReadSession, meeting: Meeting, request_id: UUID) -> FloorRequest:
    """Return a request for the floor of any sitting of the meeting. Raises NotFound."""
    row = session.scalar(
        select(FloorRequest)
        .join(Sitting, Sitting.session_id == FloorRequest.session_id)
        .where(FloorRequest.id == request_id, Sitting.meeting_id == meeting.id)
    )
    if row is None:
        raise NotFound()
    return row


def find_request_with_floor(requests: Sequence[FloorRequest]) -> FloorRequest | None:
    """Find the request that has the floor."""
    return next((request for request in requests if request.standing == FloorRequestStatus.SPEAKING), None)


def find_undoable_act(sitting: Sitting, requests: Sequence[FloorRequest], moment: datetime) -> LastAct | None:
    """Find the last act of the chair, if it can be undone at this moment."""
    act = LastAct.model_validate(sitting.last_act) if sitting.last_act else None
    return act if act and rules.is_undoable(act, sitting, requests, moment) else None


def list_waiting_requests(requests: Sequence[FloorRequest], kind: str) -> list[FloorRequest]:
    """List the waiting requests of one kind, in the order of calling."""
    return [
        request
        for request in rules.sort_waiting_requests(requests)
        if request.kind == kind and request.standing == FloorRequestStatus.WAITING
    ]


def compute_spoken_on_item(session: ReadSession, sitting: Sitting, entity: str, moment: datetime) -> rules.SpokenOnItem:
    """Compute how often and how long a State has spoken on the current item, in all sessions of the meeting."""
    statement = (
        select(FloorRequest)
        .join(Sitting, Sitting.session_id == FloorRequest.session_id)
        .where(Sitting.meeting_id == sitting.meeting_id, FloorRequest.item_id == sitting.item_id)
        .where(FloorRequest.entity == entity, FloorRequest.kind == FloorRequestKind.FLOOR)
        .where(FloorRequest.given_at.is_not(None))
    )
    spoken = session.scalars(statement).all()
    return rules.SpokenOnItem(len(spoken), sum(rules.seconds_spoken(each, moment) for each in spoken))


def count_statements_begun(requests: Sequence[FloorRequest]) -> int:
    """Count the statements that were begun, without points of order."""
    return sum(request.given_at is not None and request.kind != FloorRequestKind.POINT_OF_ORDER for request in requests)


def compute_speaking_totals(requests: Sequence[FloorRequest], moment: datetime) -> list[SpeakingTotal]:
    """Compute how long each State spoke until this moment, the longest first."""
    totals_by_entity: dict[str, SpeakingTotal] = {}
    for request in requests:
        if request.given_at:
            subtotal = totals_by_entity.get(request.entity, SpeakingTotal(request.entity, 0, 0.0))
            spoken = subtotal.seconds + rules.seconds_spoken(request, moment)
            totals_by_entity[request.entity] = SpeakingTotal(request.entity, subtotal.statements + 1, spoken)
    return sorted(totals_by_entity.values(), key=lambda total: (-total.seconds, total.entity))


def list_floor_request_moves(session: ReadSession, sitting: Sitting) -> Sequence[tuple[FloorRequestMove, str]]:
    """List changes of the order in a sitting, each with the State that was moved, the latest last."""
    rows = session.execute(
        select(FloorRequestMove, FloorRequest.entity)
        .join(FloorRequest, FloorRequest.id == FloorRequestMove.request_id)
        .where(FloorRequest.session_id == sitting.session_id)
        .order_by(FloorRequestMove.moved_at)
    )
    return [(row[0], row[1]) for row in rows]


def list_closing_times_by_item(session: ReadSession, meeting: Meeting) -> Mapping[UUID | None, datetime]:
    """Map items to the instant at which their list of speakers closes or closed, from the journal.

    Lists that were reopened, or left before they closed, are not included. What was undone is as if it had not been.
    """
    lines = session.execute(
        select(JournalLine.at, JournalLine.event, JournalLine.facts)
        .where(JournalLine.body == meeting.body_id, JournalLine.facts["meeting"].astext == str(meeting.id))
        .where(
            JournalLine.event.in_(
                (events.ItemTakenUp.name, events.SpeakersListChanged.name, events.FloorActUndone.name)
            )
        )
        .order_by(JournalLine.seq)
    )
    closing_times: dict[UUID | None, datetime] = {}
    item: UUID | None = None
    for at, event, facts in lines:
        if facts.get("what") == "closes":
            closing_times[item] = datetime.fromisoformat(str(facts["at"]))
        elif facts.get("what") == "reopened":
            closing_times.pop(item, None)
        elif event == events.ItemTakenUp.name:
            if item in closing_times and closing_times[item] > at:
                del closing_times[item]
            item = UUID(str(facts["item"]))
        elif event == events.FloorActUndone.name:
            item = UUID(str(facts["current_item"])) if facts["current_item"] else None
            if facts["list_closes_at"]:
                closing_times[item] = datetime.fromisoformat(str(facts["list_closes_at"]))
            elif facts["what"] == events.SpeakersListChanged.name:
                closing_times.pop(item, None)
    return closing_times


@read_once
def list_documents_under_item(session: ReadSession, meeting: Meeting, item_id: UUID) -> Sequence[UUID]:
    """List the documents under an item of the released agenda, in order."""
    return session.scalars(
        select(ReleasedAllocation.document_id)
        .join(AgendaRelease, AgendaRelease.id == ReleasedAllocation.release_id)
        .where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.is_current, ReleasedAllocation.item_id == item_id)
        .order_by(ReleasedAllocation.position)
    ).all()


def list_planned_items(session: ReadSession, meeting: Meeting) -> list[PlannedItem]:
    """List the items of the released agenda from the top; one without a session is in that of the item above it."""
    items = list_released_item_plans(session, meeting)
    sessions = resolve_item_sessions((item.id, item.parent_id, item.session_id) for item in items)
    return [item._replace(session_id=sessions[item.id]) for item in items]


def last_request_number(session: ReadSession, sitting: Sitting) -> int:
    """Return the number of the latest request of a sitting; 0 before the first one."""
    statement = select(func.max(FloorRequest.number)).where(FloorRequest.session_id == sitting.session_id)
    return session.scalar(statement) or 0


def list_entities_accredited_in_body(session: ReadSession, meeting: Meeting) -> set[str]:
    """Return the entities that have somebody accredited in the body at present."""
    statement = select(Accreditation.entity).where(
        Accreditation.body_id == meeting.body_id,
        Accreditation.ended_at.is_(None),
        Accreditation.from_on <= func.current_date(),
        Accreditation.until_on >= func.current_date(),
    )
    return set(session.scalars(statement.distinct()))


def list_chair_notes(session: ReadSession, actor: Actor, meeting_id: UUID) -> list[tuple[UUID, str]]:
    """List the private notes of the chair as item and text, in the order in which they were last written.

    Nothing for those who do not work with the chair's tools. Raises NotFound for a meeting that the actor cannot see.
    """
    meeting = meetings.get_visible_meeting(session, actor, meeting_id)
    if not rules.KEEP_NOTES.allows(actor, FloorRuleSubject(meeting, is_in_session=False)):
        return []
    written = select(ChairNote).where(ChairNote.meeting_id == meeting.id, ChairNote.text != "")
    return [(note.item_id, note.text) for note in session.scalars(written.order_by(ChairNote.written_at))]


def find_chair_note(session: ReadSession, actor: Actor, meeting: Meeting, item_id: UUID) -> ChairNote | None:
    """Find the private note of the chair on an item; None for those who do not work with the chair's tools."""
    if not rules.KEEP_NOTES.allows(actor, FloorRuleSubject(meeting, is_in_session=False)):
        return None
    return session.get(ChairNote, (meeting.id, item_id))


def is_presence_recent(session: ReadSession, person_id: UUID, meeting_id: UUID) -> bool:
    """Return whether the presence of a person was noted just now, so that it is not noted again yet."""
    statement = select(FloorPresence.person_id).where(
        FloorPresence.meeting_id == meeting_id,
        FloorPresence.person_id == person_id,
        FloorPresence.seen_at > clock.now() - RENEWED_AFTER,
    )
    return session.scalar(statement) is not None


def count_connected_people(session: ReadSession, meeting: Meeting) -> int:
    """Count the people whose page of the floor is connected."""
    statement = select(func.count()).where(
        FloorPresence.meeting_id == meeting.id, FloorPresence.seen_at > clock.now() - CONNECTED
    )
    return session.scalar(statement) or 0
