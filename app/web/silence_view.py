"""Silence procedures and statements of States, as pages show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.words import COURSES, KINDS, STANCES, STATEMENTS
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.silence import queries, rules
from app.domain.silence.models import (
    Course,
    OutputStatement,
    SilencePosition,
    SilenceProcedure,
    SilenceText,
    Stance,
)
from app.domain.silence.rules import On
from app.web.standing import Docket, called
from app.web.titles import in_language

DUE = "due"
"""Displayed status between the deadline and the moment at which the worker has noted the end: usually a second."""


@dataclass(frozen=True, slots=True)
class Said:
    """A position or statement of a State, in its own words and language."""

    entity: str
    state: Text
    tag: tuple[str, Text]
    place: str
    text: str
    lang: str
    at: datetime


@dataclass(frozen=True, slots=True)
class About:
    """What every page about one procedure shows of it. `course` is its status now, even if the worker has not noted
    it yet."""

    procedure: SilenceProcedure
    output: Output
    course: str
    why_void: str | None
    tag: tuple[str, Text]
    meeting: Meeting
    meeting_name: Text
    title: str
    lang: str | None
    kind: Text
    texts: Sequence[SilenceText]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, and whether the reader's State may still change it."""

    said: Said
    statement: OutputStatement
    may_change: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """The silence procedure and the statements of an output, on its page."""

    latest: SilenceProcedure | None
    course: str
    tag: tuple[str, Text] | None
    statements: list[Statement]
    may_open: bool
    may_put: bool


def now(course: str | None, until: datetime) -> str:
    """Return the status to display: `DUE` once the deadline of an open procedure is reached, otherwise `course`."""
    return DUE if course == Course.OPEN and clock.now() >= until else str(course or "")


def about(session: ReadSession, procedure: SilenceProcedure, language: str) -> About:
    """Load the summary of a procedure that was found for the actor."""
    output = session.get_one(Output, procedure.output_id)
    meeting, body = session.get_one(Meeting, output.meeting_id), session.get_one(Body, procedure.body_id)
    title, lang = in_language(procedure.titles, language, procedure.original)
    course = now(queries.course(session, procedure, output), procedure.until)
    return About(
        procedure=procedure,
        output=output,
        course=course,
        why_void=procedure.void_because or queries.why_void(session, procedure, output),
        tag=COURSES[course],
        meeting=meeting,
        meeting_name=called(meeting, body),
        title=title,
        lang=lang,
        kind=KINDS[procedure.kind],
        texts=queries.texts(session, procedure),
    )


def positions(taken: Iterable[SilencePosition]) -> list[Said]:
    """Build the list entries of positions: those that break silence first, then in the order in which they were
    taken."""
    rows = sorted(taken, key=lambda each: each.stance != Stance.BREAKS)
    return [
        Said(
            each.entity,
            EntityName(each.entity),
            STANCES[each.stance],
            each.paragraph,
            each.text,
            each.lang,
            each.taken_at,
        )
        for each in rows
    ]


def counted(taken: Sequence[SilencePosition], addressees: int) -> list[tuple[Text, int]]:
    """Return how many States took each kind of position; the others are silent."""
    broke = sum(each.stance == Stance.BREAKS for each in taken)
    support = sum(each.stance == Stance.SUPPORTS for each in taken)
    return [
        (say("Break silence"), broke),
        (say("Support the text"), support),
        (say("Let it pass with a statement"), len(taken) - broke - support),
        (say("Silent"), addressees - len(taken)),
    ]


def said(statement: OutputStatement) -> Said:
    """Build the list entry of a statement."""
    kind = "info" if statement.kind == "explanation" else "warn"
    return Said(
        statement.entity,
        EntityName(statement.entity),
        (kind, STATEMENTS[statement.kind]),
        "",
        statement.text,
        statement.lang,
        statement.changed_at or statement.put_at,
    )


def beside(session: ReadSession, actor: Actor, output: Output) -> Beside:
    """Load the procedure and the statements of an output that was found for the actor."""
    latest, on = queries.latest(session, output), queries.on(session, output, actor.entity)
    course = now(on.course, on.until)
    may_put = rules.PUT.allows(actor, on)
    return Beside(
        latest=latest,
        course=course,
        tag=COURSES[course] if latest else None,
        statements=[
            Statement(said(each), each, may_put and each.entity == actor.entity)
            for each in queries.statements(session, output)
        ],
        may_open=rules.OPEN.allows(actor, on),
        may_put=may_put,
    )


def docket(there: About, on: On, actor: Actor, mine: SilencePosition | None, formats: Formats) -> Docket:
    """Describe the next step, who takes it and by when; `mine` is the position of the actor's State."""
    nothing_to_do = Docket(say("nobody"), say("Nothing"), None, AFTERWARDS[there.course], quiet=True)
    if there.course == Course.OPEN:
        until = there.procedure.until
        by = formats.when(until, there.meeting.zone, "UTC", seconds=True), formats.left(until)
        if not rules.TAKE.allows(actor, on):
            request = say("Break silence, or let the text pass")
            return Docket(say("the Member States of the group"), request, by, AFTERWARDS["open"])
        request = STANCES[mine.stance][1] if mine else say("Break silence, or let the text pass")
        return Docket(EntityName(actor.entity), request, by, AFTERWARDS["open"])
    if there.course in (Course.BROKEN, Course.VOID) and on.output.status == "draft":
        request = say("Change the text, or put it before the States once more")
        return Docket(say("the chair"), request, None, AFTERWARDS[there.course])
    return nothing_to_do


AFTERWARDS = {
    "open": say("If no Member State has broken silence by then, the text is adopted at that instant."),
    DUE: say("What came in time is counted. The result stands here in a moment."),
    "adopted": say("Two people approve its release. It goes to the membership with what States said of it."),
    "broken": say("The text was not adopted. What was said stays on record here."),
    "void": say("Nothing was adopted by it. What was said stays on record here."),
}
