"""Silence procedures and statements of States, as pages show them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core import clock
from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.addressees.queries import list_addressee_rows
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody, get_position_audience, is_focal_point
from app.domain.circulations.queries import list_latest_versions
from app.domain.files.queries import ShownText, load_shown_text
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.outputs.queries.rule_facts import list_facts_of_output
from app.domain.silence import rules
from app.domain.silence.models import (
    OutputStatement,
    SilencePosition,
    SilencePositionKind,
    SilenceProcedure,
    SilenceStatus,
    SilenceText,
)
from app.domain.silence.queries.addressees import list_stored_informed_states
from app.domain.silence.queries.positions import list_statements
from app.domain.silence.queries.procedures import (
    find_latest_procedure,
    find_void_reason,
    get_procedure_status,
    get_silence_rule_subject,
    list_procedure_texts,
    list_procedures_of_output,
    list_text_changes,
)
from app.domain.silence.rules import SilenceRuleSubject
from app.http.authentication import EntityName
from app.http.labels import (
    KIND_LABELS,
    POSITION_AUDIENCE_LABELS,
    SILENCE_POSITION_LABELS,
    SILENCE_STATUS_LABELS,
    STATEMENT_KIND_LABELS,
)
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title

DEADLINE_REACHED = "due"
"""Displayed status between the deadline and the moment at which the worker has noted the end: usually a second."""


class PositionGroup(StrEnum):
    """What positions of States are counted by. Without one, a State is silent."""

    BREAKS = "breaks"
    SUPPORTS = "supports"
    STATEMENT = "statement"
    NONE = "none"


POSITION_GROUP_LABELS: Mapping[PositionGroup, LazyText] = {
    PositionGroup.BREAKS: _("Break silence"),
    PositionGroup.SUPPORTS: _("Support the text"),
    PositionGroup.STATEMENT: _("Do not object, with a statement"),
    PositionGroup.NONE: _("No position taken"),
}
GROUPS_OF_POSITIONS: Mapping[str, PositionGroup] = {
    SilencePositionKind.BREAKS_SILENCE: PositionGroup.BREAKS,
    SilencePositionKind.SUPPORTS_TEXT: PositionGroup.SUPPORTS,
}


@dataclass(frozen=True, slots=True)
class StatePositionOrStatementLine:
    """A position or statement of a State, in its own words and language."""

    entity: str
    state: LazyText
    tag: tuple[str, LazyText]
    place: str
    text: str
    lang: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SilenceSummary:
    """What every page about one procedure shows of it. `course` is its status now, even if the worker has not noted
    it yet."""

    procedure: SilenceProcedure
    output: Output
    course: str
    why_void: str | None
    tag: tuple[str, LazyText]
    meeting: Meeting
    meeting_name: LazyText
    title: str
    lang: str | None
    kind: LazyText
    texts: Sequence[SilenceText]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A statement, and whether the reader's State may still change it."""

    said: StatePositionOrStatementLine
    statement: OutputStatement
    may_change: bool


@dataclass(frozen=True, slots=True)
class OutputSilence:
    """The silence procedure and the statements of an output, on its page. `unreached_count` is the number of States of
    which no person could answer when the procedure that adopted the text was opened."""

    latest: SilenceProcedure | None
    course: str
    tag: tuple[str, LazyText] | None
    statements: list[StatementLine]
    may_open: bool
    may_put: bool
    unreached_count: int


def displayed_status(status: str | None, until: datetime) -> str:
    """Return the status to display: `DUE` once the deadline of an open procedure is reached, otherwise `course`."""
    return DEADLINE_REACHED if status == SilenceStatus.OPEN and clock.now() >= until else str(status or "")


LISTS_OF_PROCEDURE = (list_procedure_texts, list_stored_informed_states, list_text_changes)
"""What pages about a procedure read together."""
LISTS_OF_OUTPUT_UNDER_SILENCE = (
    list_facts_of_output,
    outputs.list_output_files,
    outputs.list_source_document_ids,
    outputs.list_source_decision_ids,
    list_addressee_rows,
    list_latest_versions,
    list_procedures_of_output,
)
"""What they read together of its output."""


def load_silence_summary(session: ReadSession, procedure: SilenceProcedure, language: str) -> SilenceSummary:
    """Load the summary of a procedure that was found for the actor."""
    read_together(session, procedure, *LISTS_OF_PROCEDURE)
    read_together(session, procedure.output_id, *LISTS_OF_OUTPUT_UNDER_SILENCE)
    output = session.get_one(Output, procedure.output_id)
    meeting, body = session.get_one(Meeting, output.meeting_id), session.get_one(Body, procedure.body_id)
    title, lang = localize_title(procedure.titles, language, procedure.original)
    course = displayed_status(get_procedure_status(session, procedure, output), procedure.until)
    return SilenceSummary(
        procedure=procedure,
        output=output,
        course=course,
        why_void=procedure.void_because or find_void_reason(session, procedure, output),
        tag=SILENCE_STATUS_LABELS[course],
        meeting=meeting,
        meeting_name=format_meeting_name(meeting, body),
        title=title,
        lang=lang,
        kind=KIND_LABELS[procedure.kind],
        texts=list_procedure_texts(session, procedure),
    )


def load_procedure_text(session: ReadSession, about: SilenceSummary, preferred: Sequence[str]) -> ShownText | None:
    """Load the text exactly as it was put before the States, in the first of these languages in which it was, else in
    the original one."""
    files = {text.language: text.sha256 for text in about.texts}
    return load_shown_text(session, files, (*preferred, about.procedure.original))


def get_position_audience_label(decided: Body | SilenceProcedure) -> LazyText:
    """Return who sees the positions of States, as a body has it for its next procedure, or as one was opened with."""
    return POSITION_AUDIENCE_LABELS[get_position_audience(decided.positions_shown_to)]


def find_accreditation_address(session: ReadSession, actor: Actor, situation: SilenceRuleSubject) -> str | None:
    """Find the address at which a focal point who is informed of an open procedure accredits somebody to answer."""
    if situation.status != SilenceStatus.OPEN or rules.is_informed_person.objection_to(actor, situation):
        return None
    if is_focal_point.objection_to(actor, EntityInBody(situation.body_id, actor.entity)):
        return None
    return f"/people/{session.get_one(Body, situation.body_id).code}/accredit"


def list_position_lines(silence_positions: Iterable[SilencePosition]) -> list[StatePositionOrStatementLine]:
    """Build the list entries of positions: those that break silence first, then in the order in which they were
    taken."""
    rows = sorted(silence_positions, key=lambda each: each.stance != SilencePositionKind.BREAKS_SILENCE)
    return [
        StatePositionOrStatementLine(
            each.entity,
            EntityName(each.entity),
            SILENCE_POSITION_LABELS[each.stance],
            each.paragraph,
            each.text,
            each.lang,
            each.taken_at,
        )
        for each in rows
    ]


def get_position_group(position: SilencePosition) -> PositionGroup:
    """Return the group in which a position is counted."""
    return GROUPS_OF_POSITIONS.get(position.stance, PositionGroup.STATEMENT)


def count_positions(silence_positions: Sequence[SilencePosition], addressees: int) -> list[tuple[LazyText, int]]:
    """Return how many States took each kind of position; the others are silent."""
    counted = Counter(map(get_position_group, silence_positions))
    counted[PositionGroup.NONE] = addressees - len(silence_positions)
    return [(words, counted[group]) for group, words in POSITION_GROUP_LABELS.items()]


def build_statement_line(statement: OutputStatement) -> StatePositionOrStatementLine:
    """Build the list entry of a statement."""
    kind = "info" if statement.kind == "explanation" else "warn"
    return StatePositionOrStatementLine(
        statement.entity,
        EntityName(statement.entity),
        (kind, STATEMENT_KIND_LABELS[statement.kind]),
        "",
        statement.text,
        statement.lang,
        statement.changed_at or statement.put_at,
    )


def load_output_silence(session: ReadSession, actor: Actor, output: Output) -> OutputSilence:
    """Load the procedure and the statements of an output that was found for the actor."""
    latest = find_latest_procedure(session, output)
    on = get_silence_rule_subject(session, output, actor.entity)
    course = displayed_status(on.status, on.deadline)
    may_put = rules.ATTACH_STATEMENT.allows(actor, on)
    return OutputSilence(
        latest=latest,
        course=course,
        tag=SILENCE_STATUS_LABELS[course] if latest else None,
        statements=[
            StatementLine(build_statement_line(each), each, may_put and each.entity == actor.entity)
            for each in list_statements(session, output)
        ],
        may_open=rules.OPEN_PROCEDURE.allows(actor, on),
        may_put=may_put,
        unreached_count=len(latest.unreached or ()) if latest and latest.course == SilenceStatus.ADOPTED else 0,
    )
