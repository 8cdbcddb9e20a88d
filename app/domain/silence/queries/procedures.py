"""Queries on silence procedures of the bodies where the actor has a seat, with what their rules need."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, exists, func, or_, select

from app.core import clock
from app.core.database.combined_lists import KeyParameter, list_of_thing, rows_of_thing
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.outputs.models import Output, OutputFile, OutputStatus
from app.domain.outputs.queries import outputs
from app.domain.outputs.queries.output_lists import build_title_condition
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.silence.events import SilenceOpened
from app.domain.silence.inputs import SilenceListFilter
from app.domain.silence.models import SilenceExtension, SilenceProcedure, SilenceStatus, SilenceText, VoidReason
from app.domain.silence.rules import SilenceRuleSubject


def list_visible_procedures(actor: Actor) -> Select[SilenceProcedure]:
    """Select the procedures that the actor may see. Every list, count, page and download starts from this statement."""
    return select(SilenceProcedure).where(SilenceProcedure.body_id.in_(actor.bodies_with_role()))


def get_visible_procedure(session: ReadSession, actor: Actor, procedure_id: UUID) -> SilenceProcedure:
    """Return this procedure if the actor may see it. Raises NotFound otherwise."""
    row = session.scalar(list_visible_procedures(actor).where(SilenceProcedure.id == procedure_id))
    if row is None:
        raise NotFound()
    return row


def select_procedures(actor: Actor, filters: SilenceListFilter) -> Select[SilenceProcedure]:
    """Select the visible procedures that fit every filter, in the order that was asked for; the latest first otherwise.
    A `-` before the order reverses it."""
    statement = list_visible_procedures(actor)
    if filters.words:
        statement = statement.where(build_title_condition(SilenceProcedure.titles, filters.words))
    if filters.kind:
        statement = statement.where(SilenceProcedure.kind == filters.kind)
    if filters.status:
        statement = statement.where(_build_status_condition(filters.status))
    if filters.sort:
        keys = {"deadline": SilenceProcedure.until, "kind": SilenceProcedure.kind, "status": SilenceProcedure.course}
        key = keys[filters.sort.removeprefix("-")]
        statement = statement.order_by(key.desc() if filters.sort.startswith("-") else key)
    return statement.order_by(SilenceProcedure.opened_at.desc(), SilenceProcedure.id)


def _build_status_condition(status: str) -> ColumnElement[bool]:
    """SQL condition: the list shows a procedure with this status."""
    if status not in ("due", SilenceStatus.OPEN):
        return SilenceProcedure.course == status
    is_due = SilenceProcedure.until <= clock.now()
    return and_(SilenceProcedure.course == SilenceStatus.OPEN, is_due if status == "due" else ~is_due)


def list_procedures(
    session: ReadSession, statement: Select[SilenceProcedure], *, limit: int, offset: int = 0
) -> Sequence[Row[SilenceProcedure, str]]:
    """List the procedures of a statement in its order, each with the time zone of its meeting."""
    return session.execute(add_zone(statement).limit(limit).offset(offset)).all()


def add_zone(procedures: Select[SilenceProcedure]) -> Select[SilenceProcedure, str]:
    """Add the time zone of the meeting to a selection of procedures."""
    with_output = procedures.join(Output, Output.id == SilenceProcedure.output_id)
    return with_output.join(Meeting, Meeting.id == Output.meeting_id).add_columns(Meeting.zone)


def select_opening_requests() -> Select[int, datetime, UUID, str]:
    """Select the addressees of the open procedures of every body before their deadline: the journal line of the
    opening, with its time, the body and the State. For the system: checks no access."""
    opening = and_(
        JournalLine.event == SilenceOpened.name,
        JournalLine.facts["procedure"].astext == cast(SilenceProcedure.id, String),
    )
    addressee = func.unnest(SilenceProcedure.addressees).label("entity")
    return (
        select(JournalLine.seq.label("line"), JournalLine.at, SilenceProcedure.body_id, addressee)
        .join_from(SilenceProcedure, JournalLine, opening)
        .where(SilenceProcedure.course == SilenceStatus.OPEN, SilenceProcedure.until > clock.now())
    )


@list_of_thing
def list_procedures_of_output(output_id: KeyParameter) -> Select[SilenceProcedure]:
    """List the procedures on an output: the open one, then the others, the latest first."""
    procedures = select(SilenceProcedure).where(SilenceProcedure.output_id == output_id)
    is_open = SilenceProcedure.course == SilenceStatus.OPEN  # before others of the same microsecond
    return procedures.order_by(is_open.desc(), SilenceProcedure.opened_at.desc())


def find_latest_procedure(session: ReadSession, output: Output) -> SilenceProcedure | None:
    """Find the open procedure on an output, else the latest one."""
    return next(iter(list_procedures_of_output(session, output)), None)


def find_procedure_that_adopted(session: ReadSession, output: Output) -> SilenceProcedure | None:
    """Find the procedure by which an output was adopted; None if the meeting adopted it."""
    procedures = list_procedures_of_output(session, output)
    return next((each for each in procedures if each.course == SilenceStatus.ADOPTED), None)


@read_once
def get_silence_rule_subject(session: ReadSession, output: Output, entity: str = "") -> SilenceRuleSubject:
    """Return an output and its latest procedure with the facts that the rules need."""
    return _build_state(session, output, find_latest_procedure(session, output), entity)


@read_once
def get_procedure_rule_subject(
    session: ReadSession, procedure: SilenceProcedure, entity: str = ""
) -> SilenceRuleSubject:
    """Return a procedure and its output with the facts that the rules need."""
    return _build_state(session, session.get_one(Output, procedure.output_id), procedure, entity)


def _build_state(
    session: ReadSession, output: Output, procedure: SilenceProcedure | None, entity: str
) -> SilenceRuleSubject:
    """Build the state of an output and a procedure."""
    case = outputs.get_output_rule_subject(session, output)
    if procedure is None:
        return SilenceRuleSubject(case, entity)
    status, addressees = get_procedure_status(session, procedure, output), frozenset(procedure.addressees)
    subject = SilenceRuleSubject(case, entity, status, procedure.until, addressees, procedure.version - 1)
    if status not in (SilenceStatus.BROKEN, SilenceStatus.VOID):
        return subject
    latest = find_latest_procedure(session, output)
    [is_changed] = list_text_changes(session, procedure)
    return replace(subject, is_text_changed=is_changed, is_followed=latest is not procedure)


@list_of_thing
def list_text_changes(procedure_id: KeyParameter) -> Select[bool]:
    """List one value: whether the text of an output is another than that of a procedure on it."""
    found = select(build_changed_text_condition().label("is_changed")).join_from(SilenceProcedure, Output)
    return found.where(SilenceProcedure.id == procedure_id)


def build_changed_text_condition() -> ColumnElement[bool]:
    """Return the condition that the files or the titles of an output are others than those of a procedure on it."""
    is_same = and_(SilenceText.language == OutputFile.language, SilenceText.sha256 == OutputFile.sha256)
    submitted = exists().where(SilenceText.procedure_id == SilenceProcedure.id, is_same)
    kept = exists().where(OutputFile.output_id == Output.id, is_same)
    return or_(
        Output.titles != SilenceProcedure.titles,
        exists().where(OutputFile.output_id == Output.id, ~submitted),
        exists().where(SilenceText.procedure_id == SilenceProcedure.id, ~kept),
    )


@read_once
def get_procedure_status(session: ReadSession, procedure: SilenceProcedure, output: Output) -> str:
    """Return the status of a procedure; void as soon as the text was changed or cannot be adopted any more."""
    if procedure.course != SilenceStatus.OPEN:
        return procedure.course
    return SilenceStatus.VOID if find_void_reason(session, procedure, output) else SilenceStatus.OPEN


def find_void_reason(session: ReadSession, procedure: SilenceProcedure, output: Output) -> VoidReason | None:
    """Find the reason why an open procedure is void; None if it is not."""
    if output.status != OutputStatus.DRAFT:
        return VoidReason.DECIDED_ELSEWHERE
    if session.get_one(Meeting, output.meeting_id).life == MeetingLife.CANCELLED:
        return VoidReason.MEETING_CANCELLED
    return VoidReason.TEXT_CHANGED if outputs.compute_text_digest(session, output) != procedure.text_digest else None


def get_output_rule_subject_after_silence(session: ReadSession, output: Output) -> OutputRuleSubject:
    """Return the output with the facts that its rules need. A text that is due for adoption counts as adopted."""
    state = outputs.get_output_rule_subject(session, output)
    return replace(state, status=OutputStatus.ADOPTED) if is_adoption_due(session, output) else state


@read_once
def is_adoption_due(session: ReadSession, output: Output) -> bool:
    """Whether the deadline of the procedure is reached, no State broke silence, and the adoption is not recorded."""
    procedure = find_latest_procedure(session, output)
    return (
        procedure is not None
        and clock.now() >= procedure.until
        and get_procedure_status(session, procedure, output) == SilenceStatus.OPEN
    )


@list_of_thing
def list_procedure_texts(procedure_id: KeyParameter) -> Select[SilenceText]:
    """List the texts of a procedure, by language."""
    return select(SilenceText).where(SilenceText.procedure_id == procedure_id).order_by(SilenceText.language)


def get_procedure_text(session: ReadSession, procedure: SilenceProcedure, language: str) -> SilenceText:
    """Return the text in this language. Raises NotFound if there is none."""
    row = session.get(SilenceText, (procedure.id, language))
    if row is None:
        raise NotFound()
    return row


@rows_of_thing
def list_extensions(procedure_id: KeyParameter) -> Select[SilenceExtension, str]:
    """List the extensions of a procedure in order, with the names of those who extended it."""
    extensions = select(SilenceExtension, Person.name).join(Person, Person.id == SilenceExtension.extended_by)
    return extensions.where(SilenceExtension.procedure_id == procedure_id).order_by(SilenceExtension.number)


@list_of_thing
def list_openers(procedure_id: KeyParameter) -> Select[Person]:
    """List who opened a procedure."""
    openers = select(Person).join(SilenceProcedure, SilenceProcedure.opened_by == Person.id)
    return openers.where(SilenceProcedure.id == procedure_id)


def get_person_name(session: ReadSession, person_id: UUID) -> str:
    """Return the name of a person."""
    return session.get_one(Person, person_id).name


def list_outputs_with_open_procedure(session: ReadSession) -> Sequence[UUID]:
    """List the outputs with an open procedure, each of which may be due or void."""
    return session.scalars(
        select(SilenceProcedure.output_id).where(SilenceProcedure.course == SilenceStatus.OPEN)
    ).all()


def list_outputs_under_silence(session: ReadSession, meeting: Meeting) -> Sequence[UUID]:
    """List the outputs of a meeting with an open procedure, in a stable order."""
    procedures = select(SilenceProcedure.output_id).join(Output, Output.id == SilenceProcedure.output_id)
    selected = procedures.where(Output.meeting_id == meeting.id, SilenceProcedure.course == SilenceStatus.OPEN)
    return session.scalars(selected.order_by(SilenceProcedure.output_id)).all()


def is_silence_deadline_within(session: ReadSession, output_id: UUID, span: timedelta) -> bool:
    """Whether the open procedure on an output, if there is one, reaches its deadline within this time."""
    is_soon = SilenceProcedure.until <= clock.now() + span
    is_open = SilenceProcedure.output_id == output_id, SilenceProcedure.course == SilenceStatus.OPEN
    return session.scalar(select(SilenceProcedure.id).where(*is_open, is_soon)) is not None
