"""Silence procedures of the bodies where somebody has a seat, positions in them, and statements with a text."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.bodies.models import Body
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.identity.claims import Membership
from app.domain.identity.models import MemberState, Person
from app.domain.meetings.models import Life, Meeting
from app.domain.outputs import queries as outputs
from app.domain.outputs.models import Output, Status
from app.domain.outputs.rules import Case
from app.domain.silence.models import (
    Course,
    OutputStatement,
    SilenceExtension,
    SilencePosition,
    SilenceProcedure,
    SilenceText,
    Void,
)
from app.domain.silence.rules import On


def visible(actor: Actor) -> Select[SilenceProcedure]:
    """The one statement from which every list, count, page and download starts."""
    return select(SilenceProcedure).where(SilenceProcedure.body_id.in_(actor.bodies()))


def one_visible(session: ReadSession, actor: Actor, procedure: UUID) -> SilenceProcedure:
    """That procedure, or Unknown."""
    found = session.scalar(visible(actor).where(SilenceProcedure.id == procedure))
    if found is None:
        raise Unknown()
    return found


def listed(session: ReadSession, actor: Actor, *, limit: int, offset: int = 0) -> Sequence[Row[SilenceProcedure, str]]:
    """The latest first, each with the zone of its meeting."""
    ordered = _with_zone(visible(actor)).order_by(SilenceProcedure.opened_at.desc(), SilenceProcedure.id)
    return session.execute(ordered.limit(limit).offset(offset)).all()


def _with_zone(chosen: Select[SilenceProcedure]) -> Select[SilenceProcedure, str]:
    with_output = chosen.join(Output, Output.id == SilenceProcedure.output_id)
    return with_output.join(Meeting, Meeting.id == Output.meeting_id).add_columns(Meeting.zone)


def how_many(session: ReadSession, actor: Actor) -> int:
    """How many procedures the same list would hold."""
    return session.scalar(visible(actor).with_only_columns(func.count(), maintain_column_froms=True)) or 0


def latest(session: ReadSession, output: Output) -> SilenceProcedure | None:
    """The last procedure on a text that was found for the actor."""
    of_it = select(SilenceProcedure).where(SilenceProcedure.output_id == output.id)
    runs = SilenceProcedure.course == Course.OPEN  # before others of the same microsecond
    return session.scalar(of_it.order_by(runs.desc(), SilenceProcedure.opened_at.desc()).limit(1))


def kept(session: ReadSession, output: Output) -> SilenceProcedure | None:
    """The procedure by which a text was adopted; None where the meeting did it."""
    of_it = SilenceProcedure.output_id == output.id, SilenceProcedure.course == Course.ADOPTED
    return session.scalar(select(SilenceProcedure).where(*of_it))


def on(session: ReadSession, output: Output, entity: str = "") -> On:
    """A text and its latest procedure as the rules look at them."""
    return _on(session, output, latest(session, output), entity)


def on_procedure(session: ReadSession, procedure: SilenceProcedure, entity: str = "") -> On:
    """One procedure with its text as the rules look at them."""
    return _on(session, session.get_one(Output, procedure.output_id), procedure, entity)


def _on(session: ReadSession, output: Output, procedure: SilenceProcedure | None, entity: str) -> On:
    case = outputs.case(session, output)
    if procedure is None:
        return On(case, entity)
    stands, addressees = course(session, procedure, output), frozenset(procedure.addressees)
    return On(case, entity, stands, procedure.until, addressees, procedure.version - 1)


def course(session: ReadSession, procedure: SilenceProcedure, output: Output) -> str:
    """How it stands: void from the moment on that the text is another one, or can be adopted by it no more."""
    if procedure.course != Course.OPEN:
        return procedure.course
    return Course.VOID if why_void(session, procedure, output) else Course.OPEN


def why_void(session: ReadSession, procedure: SilenceProcedure, output: Output) -> Void | None:
    """Why nothing can follow from a procedure that was not ended; None if something can."""
    if output.status != Status.DRAFT:
        return Void.DECIDED_ELSEWHERE
    if session.get_one(Meeting, output.meeting_id).life == Life.CANCELLED:
        return Void.MEETING_CANCELLED
    return Void.TEXT_CHANGED if outputs.text_digest(session, output) != procedure.text_digest else None


def case(session: ReadSession, output: Output) -> Case:
    """The output as its rules look at it: what silence has adopted by now is adopted, whoever has noted that yet."""
    found = outputs.case(session, output)
    return replace(found, status=Status.ADOPTED) if is_due(session, output) else found


def is_due(session: ReadSession, output: Output) -> bool:
    """Whether its procedure has reached the deadline with nobody breaking silence, and the end is not noted yet."""
    there = latest(session, output)
    return there is not None and clock.now() >= there.until and course(session, there, output) == Course.OPEN


def texts(session: ReadSession, procedure: SilenceProcedure) -> Sequence[SilenceText]:
    """The texts that were put before the States, by language."""
    of_it = select(SilenceText).where(SilenceText.procedure_id == procedure.id)
    return session.scalars(of_it.order_by(SilenceText.language)).all()


def one_text(session: ReadSession, procedure: SilenceProcedure, language: str) -> SilenceText:
    """The text in that language, or Unknown."""
    found = session.get(SilenceText, (procedure.id, language))
    if found is None:
        raise Unknown()
    return found


def extensions(session: ReadSession, procedure: SilenceProcedure) -> Sequence[Row[SilenceExtension, str]]:
    """How its deadline was moved, in order, with the names of those who did."""
    return session.execute(
        select(SilenceExtension, Person.name)
        .join(Person, Person.id == SilenceExtension.extended_by)
        .where(SilenceExtension.procedure_id == procedure.id)
        .order_by(SilenceExtension.number)
    ).all()


def positions(session: ReadSession, procedure: SilenceProcedure) -> Sequence[SilencePosition]:
    """The position of each State that took one, in the order of the last change."""
    of_it = select(SilencePosition).where(SilencePosition.procedure_id == procedure.id)
    return session.scalars(of_it.order_by(SilencePosition.taken_at, SilencePosition.entity)).all()


def position(session: ReadSession, procedure: SilenceProcedure, entity: str) -> SilencePosition | None:
    """What that State said last."""
    return session.get(SilencePosition, (procedure.id, entity))


def member_states(session: ReadSession, body: UUID) -> list[str]:
    """Every Member State, if the body is one that admits them."""
    admitting = select(Body.id).where(Body.id == body, Body.admits.contains([Membership.MEMBER_STATE]))
    states = select(MemberState.code).where(MemberState.category == Membership.MEMBER_STATE, exists(admitting))
    return list(session.scalars(states.order_by(MemberState.code)))


def name_of(session: ReadSession, person: UUID) -> str:
    """The name of whoever did something that is shown."""
    return session.get_one(Person, person).name


def unanswered(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Row[SilenceProcedure, str]]:
    """What runs, and the actor's State has taken no position on, with the zone of its meeting; the first end first."""
    taken = exists().where(SilencePosition.procedure_id == SilenceProcedure.id, SilencePosition.entity == actor.entity)
    running = select(SilenceProcedure).where(
        SilenceProcedure.body_id.in_(actor.bodies(*DELEGATES)),
        SilenceProcedure.addressees.contains([actor.entity]),
        SilenceProcedure.course == Course.OPEN,
        SilenceProcedure.until > clock.now(),
        ~taken,
    )
    return session.execute(_with_zone(running).order_by(SilenceProcedure.until).limit(limit)).all()


def without_result(session: ReadSession, actor: Actor, since: datetime, *, limit: int) -> Sequence[SilenceProcedure]:
    """For the chair: texts whose last procedure ended since then, broken or void, and that are drafts still."""
    runs = select(SilenceProcedure.output_id).where(SilenceProcedure.course == Course.OPEN)
    ended = (
        select(SilenceProcedure)
        .join(Output, Output.id == SilenceProcedure.output_id)
        .where(
            SilenceProcedure.body_id.in_(actor.bodies(*CHAIRS)),
            SilenceProcedure.course.in_((Course.BROKEN, Course.VOID)),
            SilenceProcedure.ended_at >= since,
            Output.status == Status.DRAFT,
            SilenceProcedure.output_id.not_in(runs),
        )
        .ext(distinct_on(SilenceProcedure.output_id))
        .order_by(SilenceProcedure.output_id, SilenceProcedure.ended_at.desc())
    )
    return session.scalars(ended.limit(limit)).all()


def to_settle(session: ReadSession) -> Sequence[UUID]:
    """The outputs with a procedure that is not ended: each may be due, or void."""
    return session.scalars(select(SilenceProcedure.output_id).where(SilenceProcedure.course == Course.OPEN)).all()


def running_at(session: ReadSession, meeting: Meeting) -> Sequence[UUID]:
    """The same of one meeting, in a stable order."""
    of_it = select(SilenceProcedure.output_id).join(Output, Output.id == SilenceProcedure.output_id)
    running = of_it.where(Output.meeting_id == meeting.id, SilenceProcedure.course == Course.OPEN)
    return session.scalars(running.order_by(SilenceProcedure.output_id)).all()


def ends_within(session: ReadSession, output: UUID, span: timedelta) -> bool:
    """Whether the procedure on that output, if one runs, reaches its deadline in that time."""
    soon = SilenceProcedure.until <= clock.now() + span
    of_it = SilenceProcedure.output_id == output, SilenceProcedure.course == Course.OPEN
    return session.scalar(select(SilenceProcedure.id).where(*of_it, soon)) is not None


def statements(session: ReadSession, output: Output) -> Sequence[OutputStatement]:
    """What States attached to a text and did not take back, in the order in which they did."""
    standing = select(OutputStatement).where(
        OutputStatement.output_id == output.id, OutputStatement.taken_back_at.is_(None)
    )
    return session.scalars(standing.order_by(OutputStatement.put_at, OutputStatement.id)).all()


def one_statement(session: ReadSession, output: Output, statement: UUID) -> OutputStatement:
    """That statement on this text, or Unknown."""
    found = session.get(OutputStatement, statement)
    if found is None or found.output_id != output.id or found.taken_back_at is not None:
        raise Unknown()
    return found
