"""The floor as pages show it: to those who run it, to delegates, and on the wall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core import clock
from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.permissions import Actor
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.queries.seats import count_people_with_seat
from app.domain.decisions import queries as decisions
from app.domain.decisions import rules as deciding
from app.domain.decisions.models import Decision, DecisionPosition, DecisionStance
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.documents.queries import documents
from app.domain.floor import queries, rules
from app.domain.floor.models import FloorRequest, FloorRequestKind, FloorRequestStatus, Sitting
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.queries import list_sessions
from app.domain.meetings.rules import is_first_day_reached
from app.http.authentication import EntityName
from app.http.labels import DECISION_METHOD_LABELS, ROLE_LABELS
from app.http.localization import Localizer
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title
from app.web.views.floor.item_steps import ItemStepLine, list_item_steps
from app.web.views.floor.list_controls import ListControls, build_list_controls
from app.web.views.floor.list_reasons import describe_list_reason
from app.web.views.floor.session_plan import FloorAgendaItem, SessionPlan, build_session_plan
from app.web.views.floor.times import ClockOfDay, FloorTimes, build_floor_times, read_clock_of_day
from app.web.views.floor.undo import UndoableAct, describe_undoable_act
from app.web.views.meetings.meetings import DocumentLine, build_document_lines

FLOOR_REQUEST_KIND_LABELS: Mapping[str, LazyText] = {
    FloorRequestKind.FLOOR: _p("floor", "Statement"),
    FloorRequestKind.POINT_OF_ORDER: _("Point of order"),
    FloorRequestKind.RIGHT_OF_REPLY: _("Right of reply"),
}
DECISION_STANCE_LABELS: Mapping[str, tuple[str, LazyText]] = {
    DecisionStance.OBJECTION: ("bad", _("Objection")),
    DecisionStance.RESERVATION: ("warn", _("Reservation")),
    DecisionStance.STATEMENT: ("info", _("Statement")),
}


@dataclass(frozen=True, slots=True)
class FloorSpeaker:
    """A delegation that speaks, waits or was declined. `place` is its place on the list, from 1, `spoken` the number of
    its statements on the current item in this session."""

    id: UUID
    name: LazyText
    kind: str
    words: LazyText
    group: str
    capacity: LazyText
    place: int
    mine: bool
    interrupted: bool
    spoken: int
    seconds: int
    limit: int | None
    runs: bool
    reason: LazyText | str


@dataclass(frozen=True, slots=True)
class DecisionPositionLine:
    """The position of a State on a decision."""

    name: LazyText
    stance: tuple[str, LazyText]
    text: str
    lang: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class FloorDecisionLine:
    """A decision with the positions on it."""

    id: UUID
    number: int
    text: str
    lang: str | None
    how: LazyText
    at: datetime
    may_correct: bool
    positions: list[DecisionPositionLine]
    documents: list[tuple[UUID, str]]


@dataclass(frozen=True, slots=True)
class ChairNoteText:
    """The private note of the chair on an item, with the version on which the next save is based."""

    item: FloorAgendaItem
    text: str
    version: int


@dataclass(frozen=True, slots=True)
class FloorView:
    """Everything that the pages of the floor show. `sitting` is None between sessions; `plan` is then that of the next
    one. Those with the chair's tools may open one from the first day of the meeting; before it, they `may_open_later`.

    For those who run the session: `controls` of the list, `connected` people of all who have a seat, and the `note` on
    the current item, or on the one whose note could not be saved.
    """

    meeting: Meeting
    sitting: Sitting | None
    session: LazyText | str
    clock: ClockOfDay
    times: FloorTimes | None
    steps: list[ItemStepLine]
    presented: DocumentLine | None
    controls: Mapping[UUID, ListControls]
    connected: tuple[int, int] | None
    note: ChairNoteText | None
    plan: SessionPlan | None
    items: list[FloorAgendaItem]
    item: FloorAgendaItem | None
    documents: list[DocumentLine]
    speaker: FloorSpeaker | None
    queue: list[FloorSpeaker]
    declined: list[FloorSpeaker]
    closed: bool
    closes_in: int | None
    totals: list[tuple[LazyText, int, int]]
    moves: list[tuple[LazyText, int, int, LazyText | str]]
    decisions: list[FloorDecisionLine]
    may_run: bool
    may_open: bool
    may_open_later: bool
    may_ask: frozenset[str]
    undoable: UndoableAct | None
    may_put: bool

    @property
    def own_requests(self) -> list[FloorSpeaker]:
        """Return the waiting requests of the reader's own State."""
        return [each for each in self.queue if each.mine]

    @property
    def next_speaker(self) -> FloorSpeaker | None:
        """Return who gets the floor next."""
        return self.queue[0] if self.queue else None

    @property
    def next_items(self) -> list[FloorAgendaItem]:
        """Return the two items after the current one, or the first two before there is any."""
        here = [each.id for each in self.items].index(self.item.id) + 1 if self.item else 0
        return self.items[here : here + 2]


LISTS_OF_DECISIONS = (decisions.list_decisions, decisions.list_positions, decisions.list_named_documents)
"""What is read together of the decisions of a meeting."""
LISTS_OF_FLOOR = (
    queries.list_open_sittings,
    queries.list_requests_of_open_sitting,
    queries.list_moves_of_open_sitting,
    list_sessions,
    agenda_releases.list_current_released_items,
    agenda_releases.list_released_item_times,
    *LISTS_OF_DECISIONS,
)
"""What the pages of the floor read together."""


def load_floor_view(
    session: ReadSession, actor: Actor, meeting: Meeting, formats: Localizer, *, noted: UUID | None = None
) -> FloorView:
    """Load the current floor of a meeting that was found for the actor, with the note on the item `noted`, or on the
    current one."""
    read_together(session, meeting, *LISTS_OF_FLOOR)
    moment, sitting = clock.now(), queries.find_open_sitting(session, meeting)
    planned = session.get_one(MeetingSession, sitting.session_id) if sitting else None
    following = planned or queries.find_next_session(session, meeting)
    planned_items = queries.list_planned_items(session, meeting) if following else []
    all_requests = queries.list_requests_of_open_sitting(session, meeting)
    speaking, queue = queries.find_request_with_floor(all_requests), rules.sort_waiting_requests(all_requests)
    items = list_floor_agenda_items(session, meeting, formats.language)
    lines = {each.id: each for each in items}
    item = lines.get(sitting.item_id) if sitting and sitting.item_id else None
    act = queries.find_undoable_act(sitting, all_requests, moment) if sitting else None
    situation = FloorRuleSubject(meeting, sitting is not None, actor.entity)
    may_run, may_open = rules.RUN.allows(actor, situation), rules.OPEN.allows(actor, situation)
    closes_at = sitting.list_closes_at if sitting else None
    closed = rules.is_list_closed(closes_at, moment)
    item_documents = _item_documents(session, actor, meeting, item, formats.language)
    build_speaker = _SpeakerBuilder(actor, all_requests, sitting.item_id if sitting else None, moment)
    times = (
        build_floor_times(meeting, sitting, planned, all_requests, planned_items, moment, formats)
        if sitting and planned
        else None
    )
    return FloorView(
        meeting=meeting,
        sitting=sitting,
        session=formats.format_instant(planned.starts_at, meeting.zone) if planned else "",
        clock=read_clock_of_day(meeting, moment, formats),
        times=times,
        steps=list_item_steps(sitting) if sitting and item else [],
        presented=next((each for each in item_documents if sitting and each.id == sitting.presented_id), None),
        controls=build_list_controls(queue) if may_run else {},
        connected=_count_connected(session, meeting) if may_run or may_open else None,
        note=_load_note(session, actor, meeting, next((each for each in items if each.id == noted), item)),
        plan=build_session_plan(
            meeting,
            following,
            lines,
            planned_items,
            current=item.id if item else None,
            delay=times.delay if times else None,
        )
        if following
        else None,
        items=items,
        item=item,
        documents=item_documents,
        speaker=build_speaker(speaking) if speaking else None,
        queue=[build_speaker(each, place) for place, each in enumerate(queue, start=1)],
        declined=[build_speaker(each) for each in all_requests if each.standing == FloorRequestStatus.DECLINED],
        closed=closed,
        closes_in=int((closes_at - moment).total_seconds()) + 1 if closes_at and not closed else None,
        totals=[
            (EntityName(each.entity), each.statements, round(each.seconds))
            for each in queries.compute_speaking_totals(all_requests, moment)
        ],
        moves=[
            (EntityName(entity), move.was, move.becomes, _describe_move(move.reason))
            for move, entity in queries.list_moves_of_open_sitting(session, meeting)
        ],
        decisions=list_floor_decisions(session, actor, meeting, sitting, formats.language),
        may_run=may_run,
        may_open=may_open and is_first_day_reached(meeting),
        may_open_later=may_open and not is_first_day_reached(meeting),
        may_ask=_allowed_kinds(situation, all_requests, closed=closed)
        if rules.ASK.allows(actor, situation)
        else frozenset(),
        undoable=describe_undoable_act(act, all_requests, moment) if act and may_run else None,
        may_put=deciding.PUT_POSITION.allows(actor, situation),
    )


def list_floor_agenda_items(session: ReadSession, meeting: Meeting, language: str) -> list[FloorAgendaItem]:
    """Return the items of the released agenda, from the top."""
    return [
        FloorAgendaItem(row.item_id, row.label, *localize_title(row.titles, language))
        for row in agenda_releases.list_current_released_items(session, meeting)
    ]


def list_floor_decisions(
    session: ReadSession, actor: Actor, meeting: Meeting, sitting: Sitting | None, language: str
) -> list[FloorDecisionLine]:
    """Return every decision of the meeting, the latest first."""
    all_decisions = decisions.list_decisions(session, meeting)
    positions_by_decision = decisions.list_positions_by_decision(session, meeting)
    named = decisions.list_named_documents(session, meeting)

    def may_correct(decision: Decision) -> bool:
        sits = sitting is not None and sitting.session_id == decision.session_id
        return deciding.CORRECT.allows(actor, FloorRuleSubject(meeting, sits))

    return [
        FloorDecisionLine(
            each.id,
            each.number,
            each.text,
            get_original_language_if_foreign(each.lang, language),
            DECISION_METHOD_LABELS[each.how],
            each.taken_at,
            may_correct(each),
            [_position_line(position, language) for position in positions_by_decision.get(each.id, [])],
            [(document.id, document.symbol) for decision_id, document in named if decision_id == each.id],
        )
        for each in reversed(all_decisions)
    ]


def _position_line(position: DecisionPosition, language: str) -> DecisionPositionLine:
    name, lang = EntityName(position.entity), get_original_language_if_foreign(position.lang, language)
    return DecisionPositionLine(name, DECISION_STANCE_LABELS[position.stance], position.text, lang, position.own)


def _count_connected(session: ReadSession, meeting: Meeting) -> tuple[int, int]:
    return queries.count_connected_people(session, meeting), count_people_with_seat(session, meeting.body_id)


def _load_note(
    session: ReadSession, actor: Actor, meeting: Meeting, item: FloorAgendaItem | None
) -> ChairNoteText | None:
    """Load the note on an item; None for those who do not work with the chair's tools."""
    if item is None or not rules.KEEP_NOTES.allows(actor, FloorRuleSubject(meeting, is_in_session=False)):
        return None
    note = queries.find_chair_note(session, actor, meeting, item.id)
    return ChairNoteText(item, note.text, note.version) if note else ChairNoteText(item, "", 0)


def _describe_move(reason: str) -> LazyText | str:
    """Describe why the order was changed; a change without a reason or its code undid the one before."""
    return describe_list_reason(reason) if reason else _("The earlier change was undone.")


@dataclass(frozen=True, slots=True)
class _SpeakerBuilder:
    """Builds what the reader sees of a request, from all requests of the session."""

    actor: Actor
    requests: Sequence[FloorRequest]
    item_id: UUID | None
    moment: datetime

    def __call__(self, request: FloorRequest, place: int = 0) -> FloorSpeaker:
        return FloorSpeaker(
            id=request.id,
            name=EntityName(request.entity),
            kind=request.kind,
            words=FLOOR_REQUEST_KIND_LABELS[request.kind],
            group=request.on_behalf_of,
            capacity=ROLE_LABELS[request.capacity] if request.capacity else _("added to the list by the chair"),
            place=place,
            mine=request.entity == self.actor.entity,
            interrupted=request.standing == FloorRequestStatus.INTERRUPTED,
            spoken=self._count_statements(request.entity),
            seconds=int(rules.seconds_spoken(request, self.moment)),
            limit=request.limit_seconds,
            runs=request.runs_since is not None,
            reason=describe_list_reason(request.reason),
        )

    def _count_statements(self, entity: str) -> int:
        of_entity = [each for each in self.requests if (each.entity, each.item_id) == (entity, self.item_id)]
        return queries.count_statements_begun([each for each in of_entity if each.ended_at])


def _allowed_kinds(at: FloorRuleSubject, everybody: Sequence[FloorRequest], *, closed: bool) -> frozenset[str]:
    """Return the kinds of request that the actor's State may make now."""
    active = [
        each
        for each in everybody
        if each.standing in (FloorRequestStatus.WAITING, FloorRequestStatus.SPEAKING, FloorRequestStatus.INTERRUPTED)
    ]
    own_waiting = {
        each.kind for each in active if each.entity == at.entity and each.standing == FloorRequestStatus.WAITING
    }
    waiting = sum(each.kind == FloorRequestKind.FLOOR for each in active)
    heard = queries.count_statements_begun(everybody)
    free = (kind for kind in FloorRequestKind if kind not in own_waiting)
    return frozenset(
        kind
        for kind in free
        if rules.find_obstacle_to_requesting_floor(kind, closed=closed, waiting=waiting, statements=heard) is None
    )


def _item_documents(
    session: ReadSession, actor: Actor, meeting: Meeting, item: FloorAgendaItem | None, language: str
) -> list[DocumentLine]:
    if item is None:
        return []
    under = queries.list_documents_under_item(session, meeting, item.id)
    return build_document_lines(documents.list_documents_by_id(session, actor, under), language)
