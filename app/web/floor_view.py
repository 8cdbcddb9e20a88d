"""The floor as pages show it: to those who run it, to delegates, and on the wall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.words import ROLES
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.agendas import queries as agendas
from app.domain.decisions import queries as decisions
from app.domain.decisions import rules as deciding
from app.domain.decisions.models import Decision, How, Position, Stance
from app.domain.decisions.rules import At
from app.domain.documents import queries as documents
from app.domain.floor import queries, rules
from app.domain.floor.models import FloorRequest, Kind, Sitting, Standing
from app.domain.meetings.models import Meeting, MeetingSession
from app.web.meeting_pages import DocumentLine, document_lines
from app.web.titles import foreign, in_language

KINDS: Mapping[str, Text] = {
    Kind.FLOOR: say("Statement"),
    Kind.POINT_OF_ORDER: say("Point of order"),
    Kind.RIGHT_OF_REPLY: say("Right of reply"),
}
HOWS: Mapping[str, Text] = {
    How.CONSENSUS: say("By consensus"),
    How.NO_OBJECTION: say("Without objection"),
    How.OBJECTIONS: say("With objections noted"),
}
STANCES: Mapping[str, tuple[str, Text]] = {
    Stance.OBJECTION: ("bad", say("Objection")),
    Stance.RESERVATION: ("warn", say("Reservation")),
    Stance.STATEMENT: ("info", say("Statement")),
}


@dataclass(frozen=True, slots=True)
class Place:
    """An item of the released agenda."""

    id: UUID
    number: str
    title: str
    lang: str | None
    depth: int


@dataclass(frozen=True, slots=True)
class Speaker:
    """A delegation that speaks, waits or was declined. `place` is its place on the list, from 1."""

    id: UUID
    name: Text
    kind: str
    words: Text
    group: str
    capacity: Text
    place: int
    mine: bool
    interrupted: bool
    seconds: int
    limit: int | None
    runs: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Put:
    """The position of a State on a decision."""

    name: Text
    stance: tuple[str, Text]
    text: str
    lang: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision with the positions on it."""

    id: UUID
    number: int
    text: str
    lang: str | None
    how: Text
    at: datetime
    may_correct: bool
    positions: list[Put]


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything that the pages of the floor show. `sitting` is None between sessions."""

    meeting: Meeting
    sitting: Sitting | None
    session: Text | str
    items: list[Place]
    item: Place | None
    documents: list[DocumentLine]
    speaker: Speaker | None
    queue: list[Speaker]
    declined: list[Speaker]
    closed: bool
    closes_in: int | None
    totals: list[tuple[Text, int, int]]
    moves: list[tuple[Text, int, int, str]]
    decisions: list[Taken]
    may_run: bool
    may_open: bool
    may_ask: frozenset[str]
    may_put: bool

    @property
    def mine(self) -> list[Speaker]:
        """Return the waiting requests of the reader's own State."""
        return [each for each in self.queue if each.mine]

    @property
    def next(self) -> Speaker | None:
        """Return who gets the floor next."""
        return self.queue[0] if self.queue else None

    @property
    def following(self) -> Place | None:
        """Return the item after the current one, or the first before there is any."""
        if self.item is None:
            return self.items[0] if self.items else None
        here = [each.id for each in self.items].index(self.item.id)
        return self.items[here + 1] if here + 1 < len(self.items) else None


def seen(session: ReadSession, actor: Actor, meeting: Meeting, formats: Formats) -> Floor:
    """Load the current floor of a meeting that was found for the actor."""
    moment, sitting = clock.now(), queries.open_one(session, meeting)
    all_requests = queries.requests(session, sitting) if sitting else []
    speaking, queue = queries.speaking(all_requests), rules.in_order(all_requests)
    items = places(session, meeting, formats.language)
    item = next((each for each in items if sitting and each.id == sitting.item_id), None)
    situation = At(meeting, sitting is not None, actor.entity)
    closes_at = sitting.list_closes_at if sitting else None
    closed = rules.is_closed(closes_at, moment)
    return Floor(
        meeting=meeting,
        sitting=sitting,
        session=_session_label(session, meeting, sitting, formats),
        items=items,
        item=item,
        documents=_item_documents(session, actor, meeting, item, formats.language),
        speaker=_speaker(speaking, 0, actor, moment) if speaking else None,
        queue=[_speaker(each, place, actor, moment) for place, each in enumerate(queue, start=1)],
        declined=[_speaker(each, 0, actor, moment) for each in all_requests if each.standing == Standing.DECLINED],
        closed=closed,
        closes_in=int((closes_at - moment).total_seconds()) + 1 if closes_at and not closed else None,
        totals=[
            (EntityName(each.entity), each.times, round(each.seconds)) for each in queries.totals(all_requests, moment)
        ],
        moves=[
            (EntityName(entity), move.was, move.becomes, move.reason)
            for move, entity in (queries.moves(session, sitting) if sitting else [])
        ],
        decisions=taken(session, actor, meeting, sitting, formats.language),
        may_run=rules.RUN.allows(actor, situation),
        may_open=rules.OPEN.allows(actor, situation),
        may_ask=_allowed_kinds(situation, all_requests, closed=closed)
        if rules.ASK.allows(actor, situation)
        else frozenset(),
        may_put=deciding.PUT.allows(actor, situation),
    )


def places(session: ReadSession, meeting: Meeting, language: str) -> list[Place]:
    """Return the items of the released agenda, from the top."""
    return [
        Place(row.item_id, row.label, *in_language(row.titles, language), row.depth)
        for row in agendas.released_items(session, meeting)
    ]


def taken(session: ReadSession, actor: Actor, meeting: Meeting, sitting: Sitting | None, language: str) -> list[Taken]:
    """Return every decision of the meeting, the latest first."""
    all_decisions = decisions.listed(session, meeting)
    positions_by_decision = decisions.positions(session, all_decisions)

    def may_correct(decision: Decision) -> bool:
        sits = sitting is not None and sitting.session_id == decision.session_id
        return deciding.CORRECT.allows(actor, At(meeting, sits))

    return [
        Taken(
            each.id,
            each.number,
            each.text,
            foreign(each.lang, language),
            HOWS[each.how],
            each.taken_at,
            may_correct(each),
            [_position_line(position, language) for position in positions_by_decision.get(each.id, [])],
        )
        for each in reversed(all_decisions)
    ]


def _position_line(position: Position, language: str) -> Put:
    name, lang = EntityName(position.entity), foreign(position.lang, language)
    return Put(name, STANCES[position.stance], position.text, lang, position.own)


def _session_label(session: ReadSession, meeting: Meeting, sitting: Sitting | None, formats: Formats) -> str:
    if sitting is None:
        return ""
    meeting_session = session.get_one(MeetingSession, sitting.session_id)
    return formats.when(meeting_session.starts_at, meeting.zone)


def _speaker(request: FloorRequest, place: int, actor: Actor, moment: datetime) -> Speaker:
    return Speaker(
        id=request.id,
        name=EntityName(request.entity),
        kind=request.kind,
        words=KINDS[request.kind],
        group=request.on_behalf_of,
        capacity=ROLES[request.capacity] if request.capacity else say("put on the list by the chair"),
        place=place,
        mine=request.entity == actor.entity,
        interrupted=request.standing == Standing.INTERRUPTED,
        seconds=int(rules.seconds_spoken(request, moment)),
        limit=request.limit_seconds,
        runs=request.runs_since is not None,
        reason=request.reason,
    )


def _allowed_kinds(at: At, everybody: Sequence[FloorRequest], *, closed: bool) -> frozenset[str]:
    """Return the kinds of request that the actor's State may make now."""
    active = [
        each for each in everybody if each.standing in (Standing.WAITING, Standing.SPEAKING, Standing.INTERRUPTED)
    ]
    own_waiting = {each.kind for each in active if each.entity == at.entity and each.standing == Standing.WAITING}
    waiting, heard = sum(each.kind == Kind.FLOOR for each in active), queries.heard(everybody)
    free = (kind for kind in Kind if kind not in own_waiting)
    return frozenset(
        kind for kind in free if rules.against_asking(kind, closed=closed, waiting=waiting, heard=heard) is None
    )


def _item_documents(
    session: ReadSession, actor: Actor, meeting: Meeting, item: Place | None, language: str
) -> list[DocumentLine]:
    if item is None:
        return []
    under = queries.documents_under(session, meeting, item.id)
    return document_lines(documents.those(session, actor, under), language)
