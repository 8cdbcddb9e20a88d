"""Journal lines that an actor may see, derived from what they may see elsewhere. Nothing is about reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    SQLColumnExpression,
    String,
    and_,
    case,
    cast,
    false,
    func,
    or_,
    select,
    tuple_,
)

from app.core.clock import SEAT_ZONE
from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.audit_trail.queries.authors import build_known_author_condition
from app.domain.audit_trail.rules import (
    CONTRIBUTION_EVENT_PREFIX,
    EVENT_PREFIXES_BY_KIND,
    EVENTS_OPEN_TO_BODY,
    MEETING_EVENTS,
    OBJECT_KINDS_BY_FACT,
    OWN_DELEGATION_EVENTS,
    POSITION_EVENTS,
    RUN_FACTS_BY_EVENT,
    ObjectKind,
)
from app.domain.bodies.models import Office
from app.domain.bodies.rules import DELEGATES
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.identity.models.tables import Person
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.silence.models import SilencePosition
from app.domain.silence.queries.positions import select_visible_positions


@dataclass(frozen=True, slots=True)
class AuditTrailFilter:
    """Filters of the audit trail: a kind of events or one event, a period, a State, the symbol of a document, a thing
    by kind and key, and the run of a line. `person` is one whom the actor may know as author."""

    kind: str = ""
    event: str = ""
    since: datetime | None = None
    until: datetime | None = None
    state: str = ""
    symbol: str = ""
    thing: tuple[ObjectKind, str] | None = None
    run_of: int | None = None
    person: UUID | None = None


@dataclass(frozen=True, slots=True)
class LineRun:
    """Lines of one act that one person did on one thing on one day: how many, the first and the last instant, and the
    last of them."""

    last: JournalLine
    count: int
    began_at: datetime
    ended_at: datetime


@keep_statement
def list_visible_lines(actor: Actor) -> Select[JournalLine]:
    """Select visible lines: all lines of its bodies for the secretariat; for others, lines of acts that have taken
    effect, and those of their own State. Lines without a body, such as sign-ins, are never visible.
    """
    return select(JournalLine).where(
        or_(
            JournalLine.body.in_(actor.bodies_with_role(Office.SECRETARY)),
            and_(
                JournalLine.body.in_(actor.bodies_with_role()),
                or_(
                    JournalLine.event.in_(EVENTS_OPEN_TO_BODY),
                    _is_of_visible_meeting(actor),
                    _is_of_visible_position(actor),
                    _is_of_own_delegation(actor),
                    _is_of_own_contribution(actor),
                ),
            ),
        )
    )


def _is_of_visible_meeting(actor: Actor) -> ColumnElement[bool]:
    meeting_ids = meetings.list_visible_meetings(actor).with_only_columns(cast(Meeting.id, String))
    return and_(JournalLine.event.in_(MEETING_EVENTS), JournalLine.facts["meeting"].astext.in_(meeting_ids))


def _is_of_visible_position(actor: Actor) -> ColumnElement[bool]:
    """Match the lines of positions that the page of their silence procedure shows to the actor now: not those of a
    position that its State has changed since."""
    positions = select_visible_positions(actor).with_only_columns(
        cast(SilencePosition.procedure_id, String), SilencePosition.entity, cast(SilencePosition.version, String)
    )
    position = tuple_(*(JournalLine.facts[name].astext for name in ("procedure", "state", "version")))
    return and_(JournalLine.event.in_(POSITION_EVENTS), position.in_(positions))


def _is_of_own_delegation(actor: Actor) -> ColumnElement[bool]:
    return and_(
        JournalLine.event.in_(OWN_DELEGATION_EVENTS),
        JournalLine.entity == actor.entity,
        JournalLine.body.in_(actor.bodies_with_role(*DELEGATES)),
    )


def _is_of_own_contribution(actor: Actor) -> ColumnElement[bool]:
    contribution_ids = select(cast(Contribution.id, String)).where(
        Contribution.entity == actor.entity, Contribution.body_id.in_(actor.bodies_with_role(*DELEGATES))
    )
    return and_(
        JournalLine.event.startswith(CONTRIBUTION_EVENT_PREFIX, autoescape=True),
        JournalLine.facts["contribution"].astext.in_(contribution_ids),
    )


def select_lines(session: ReadSession, actor: Actor, filters: AuditTrailFilter) -> Select[JournalLine]:
    """Select the visible lines that fit the filters."""
    statement = list_visible_lines(actor)
    if filters.kind in EVENT_PREFIXES_BY_KIND:
        statement = statement.where(
            or_(*(JournalLine.event.startswith(prefix) for prefix in EVENT_PREFIXES_BY_KIND[filters.kind]))
        )
    if filters.event:
        statement = statement.where(JournalLine.event == filters.event)
    if filters.since:
        statement = statement.where(JournalLine.at >= filters.since)
    if filters.until:
        statement = statement.where(JournalLine.at < filters.until)
    if filters.state:
        statement = statement.where(_is_about_state(filters.state))
    if filters.person:
        statement = statement.where(JournalLine.person == filters.person, build_known_author_condition(actor))
    if filters.thing:
        statement = statement.where(_names_thing(*filters.thing))
    if filters.run_of is not None:
        statement = statement.where(_is_of_run(actor, filters.run_of))
    return statement.where(_is_about_document(session, actor, filters.symbol)) if filters.symbol else statement


def _is_about_state(code: str) -> ColumnElement[bool]:
    """Match what a State did, and what others did about it."""
    return or_(JournalLine.entity == code, _names_thing(ObjectKind.STATE, code))


def _names_thing(kind: ObjectKind, key: str) -> ColumnElement[bool]:
    """Match the lines that name a thing by its key."""
    if kind is ObjectKind.BODY:
        return cast(JournalLine.body, String) == key
    facts = [fact for fact, named in OBJECT_KINDS_BY_FACT.items() if named is kind]
    return or_(*(JournalLine.facts[fact].astext == key for fact in facts))


def _build_run_key() -> tuple[SQLColumnExpression[Any], ...]:
    """Build the key of the run of a line: its act, its author in their capacities, its day, and what it is about."""
    events_by_fact: dict[str, list[str]] = {}
    for event, fact in RUN_FACTS_BY_EVENT.items():
        events_by_fact.setdefault(fact, []).append(event)
    about: ColumnElement[object] = case(
        *(
            (JournalLine.event.in_(events), JournalLine.facts[fact].astext if fact else "")
            for fact, events in events_by_fact.items()
        ),
        else_=cast(JournalLine.seq, String),
    )
    day = cast(func.timezone(SEAT_ZONE, JournalLine.at), Date)  # a run is of one day
    author = func.coalesce(cast(JournalLine.person, String), "")
    return JournalLine.event, author, JournalLine.entity, JournalLine.capacity, JournalLine.body, day, about


def _is_of_run(actor: Actor, seq: int) -> ColumnElement[bool]:
    """Match the lines of the run of a visible line."""
    key = list_visible_lines(actor).where(JournalLine.seq == seq).with_only_columns(*_build_run_key())
    return tuple_(*_build_run_key()).in_(key)


def count_runs(session: ReadSession, statement: Select[JournalLine]) -> int:
    """Count the runs of the selected lines."""
    runs = statement.with_only_columns(func.max(JournalLine.seq)).group_by(*_build_run_key())
    return session.scalar(select(func.count()).select_from(runs.subquery())) or 0


def list_runs(session: ReadSession, statement: Select[JournalLine], *, offset: int, limit: int) -> list[LineRun]:
    """List a page of the runs of the selected lines, that with the latest line first. No run is on two pages."""
    last, at = func.max(JournalLine.seq), JournalLine.at
    facts = func.count().label("lines"), func.min(at).label("first_at"), func.max(at).label("last_at")
    grouped = statement.with_only_columns(last.label("last"), *facts).group_by(*_build_run_key())
    runs = grouped.order_by(last.desc()).offset(offset).limit(limit).subquery()
    latest = select(JournalLine, runs.c.lines, runs.c.first_at, runs.c.last_at)
    latest = latest.join(runs, runs.c.last == JournalLine.seq).order_by(JournalLine.seq.desc())
    return [LineRun(*row) for row in session.execute(latest)]


def _is_about_document(session: ReadSession, actor: Actor, symbol: str) -> ColumnElement[bool]:
    """Match the lines of a visible document, from the submission of its contribution on."""
    document_ids = documents.list_visible_documents(actor).where(func.lower(Document.symbol) == symbol.strip().lower())
    document_id = session.scalar(document_ids.with_only_columns(Document.id))
    if document_id is None:
        return false()
    contribution_ids = select(JournalLine.facts["contribution"].astext).where(
        JournalLine.event == "contribution:registered", JournalLine.facts["document"].astext == str(document_id)
    )
    names_document = JournalLine.facts["document"].astext == str(document_id)
    return or_(names_document, JournalLine.facts["contribution"].astext.in_(contribution_ids))


def count_lines(session: ReadSession, statement: Select[JournalLine]) -> int:
    """Count the selected lines."""
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def list_line_numbers(session: ReadSession, statement: Select[JournalLine], *, limit: int) -> Sequence[int]:
    """List the numbers of the selected lines, the latest first."""
    numbers = statement.with_only_columns(JournalLine.seq).order_by(JournalLine.seq.desc())
    return session.scalars(numbers.limit(limit)).all()


def list_lines(
    session: ReadSession, statement: Select[JournalLine], *, offset: int, limit: int
) -> Sequence[JournalLine]:
    """List a page of the selected lines, the latest first."""
    return session.scalars(statement.order_by(JournalLine.seq.desc()).offset(offset).limit(limit)).all()


def list_latest_lines(session: ReadSession, actor: Actor, limit: int) -> Sequence[JournalLine]:
    """List the latest lines that the actor may see, the latest first."""
    return session.scalars(_select_latest_lines(actor, limit)).all()


@keep_statement
def _select_latest_lines(actor: Actor, limit: int) -> Select[JournalLine]:
    return list_visible_lines(actor).order_by(JournalLine.seq.desc()).limit(limit)


def get_visible_line(session: ReadSession, actor: Actor, seq: int) -> JournalLine:
    """Return the journal line if the actor may see it. Raises NotFound."""
    line = session.scalar(list_visible_lines(actor).where(JournalLine.seq == seq))
    if line is None:
        raise NotFound()
    return line


def list_known_authors(session: ReadSession, actor: Actor) -> list[tuple[UUID, str]]:
    """List the people who did something that the actor may see and may know them by, with their names, by name."""
    lines = list_visible_lines(actor).where(build_known_author_condition(actor), JournalLine.person.is_not(None))
    people = lines.with_only_columns(JournalLine.person)
    statement = select(Person.id, Person.name).where(Person.id.in_(people)).order_by(Person.name, Person.id)
    return [(row[0], row[1]) for row in session.execute(statement)]
