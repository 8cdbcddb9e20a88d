"""A circulated version as pages show it: its cover, its texts, its history, and the status of the output."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.words import COURSES, KINDS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, Text, say
from app.domain.bodies.models import Body
from app.domain.circulations import queries, rules
from app.domain.circulations.models import CirculatedText, CirculatedVersion
from app.domain.circulations.queries import Before
from app.domain.documents import queries as documents
from app.domain.meetings.inputs import end_of
from app.domain.meetings.models import Meeting
from app.domain.outputs import rules as outputs
from app.domain.outputs.models import Output, Status
from app.domain.outputs.rules import Case
from app.domain.silence import queries as silence
from app.domain.silence.models import Course, SilenceProcedure
from app.web.meeting_pages import DocumentLine, document_lines
from app.web.output_standing import DecisionLine, decision_lines
from app.web.silence_view import now
from app.web.standing import Docket, called
from app.web.titles import in_language

CIRCULATED = ("info", say("Before the delegations"))
MOST = 50


@dataclass(frozen=True, slots=True)
class About:
    """What every page about one circulated version shows of it. `symbol` is that of the output, once it is adopted."""

    version: CirculatedVersion
    here: str
    is_latest: bool
    is_draft: bool
    symbol: str | None
    meeting: Meeting
    meeting_name: Text
    title: str
    lang: str | None
    kind: Text
    texts: Sequence[CirculatedText]
    history: Sequence[Row[CirculatedVersion, str]]
    silence: SilenceProcedure | None
    course: tuple[str, Text] | None
    sees_output: bool

    @property
    def silence_runs(self) -> bool:
        """Return whether a silence procedure is open on the draft."""
        return self.silence is not None and self.silence.course == Course.OPEN and self.is_draft

    def text(self, wanted: str, reader: str) -> str:
        """Return the language in which the text is shown: the requested one, the reader's, the original, or any."""
        available = [each.language for each in self.texts]
        return next(code for code in (wanted, reader, self.version.original, *available) if code in available)


@dataclass(frozen=True, slots=True)
class Line:
    """A circulated draft in a list."""

    href: str
    number: int
    title: str
    lang: str | None
    kind: Text
    meeting: Text
    languages: list[tuple[str, str]]
    version: CirculatedVersion
    zone: str


def about(session: ReadSession, actor: Actor, output: UUID, number: int, language: str) -> About:
    """Load the summary of a version. Raises NotFound for those without a seat."""
    history = queries.versions(session, actor, output)
    version = queries.one_visible(session, actor, output, number)
    output_row = session.get_one(Output, output)
    meeting, body = session.get_one(Meeting, output_row.meeting_id), session.get_one(Body, version.body_id)
    title, lang = in_language(version.titles, language, version.original)
    procedure = silence.latest(session, output_row)
    course = now(silence.course(session, procedure, output_row), procedure.until) if procedure else ""
    return About(
        version=version,
        here=f"/outputs/{output}/versions/{number}",
        is_latest=version.number == history[0][0].number,
        is_draft=output_row.status == Status.DRAFT,
        symbol=output_row.symbol,
        meeting=meeting,
        meeting_name=called(meeting, body),
        title=title,
        lang=lang,
        kind=KINDS[version.kind],
        texts=queries.texts(session, version),
        history=history,
        silence=procedure,
        course=COURSES[course] if course else None,
        sees_output=outputs.SEE.allows(actor, Case(version.body_id, output_row.status)),
    )


def made_from(
    session: ReadSession, actor: Actor, version: CirculatedVersion, language: str
) -> tuple[list[DocumentLine], list[DecisionLine]]:
    """Return the documents and the decisions that the version was made from."""
    rows = documents.those(session, actor, [UUID(each) for each in version.sources])
    return document_lines(rows, language), decision_lines(session, queries.decisions(session, version), language)


def docket(session: ReadSession, actor: Actor, there: About, on: rules.On, formats: Formats) -> Docket:
    """Describe the next step, who takes it and by when."""
    then = say("Each comment is answered. Then the text is adopted, or its next version is circulated.")
    waiting = queries.open_comments(session, there.version.output_id)
    if not there.is_draft or not there.is_latest:
        return Docket(say("nobody"), say("Nothing"), None, _closed_explanation(there), quiet=True)
    if rules.ANSWER.allows(actor, on) and waiting:
        return Docket(say("the chair and the secretariat"), say("Answer the comments of States"), None, then)
    day = there.version.comments_by
    by = (formats.day(day), formats.left(end_of(day, there.meeting.zone))) if day else None
    whom = EntityName(actor.entity) if rules.PUT.allows(actor, on) else say("the delegations")
    return Docket(whom, say("Comment on the text, if the State wishes to"), by, then)


def _closed_explanation(summary: About) -> Text:
    if summary.is_draft:
        return say("The latest version is the one to comment on.")
    return say("What was said before the adoption stays as it was.")


def not_known(session: ReadSession, output: Output, knowing: str) -> Text | None:
    """Return the warning for a decider who has unanswered comments and has not confirmed their number, otherwise
    None."""
    waiting = queries.open_comments(session, output.id)
    if not waiting or knowing == str(waiting):
        return None
    return say("Comments of States are not answered yet. Answer them first, or confirm that you go on.")


def before(session: ReadSession, actor: Actor, formats: Formats, meeting: Meeting | None = None) -> list[Line]:
    """Return the circulated drafts: of all the actor's bodies, or of one meeting that was found for the actor."""
    rows = queries.before_the_delegations(session, actor, limit=MOST, meeting=meeting.id if meeting else None)
    bodies = {row[1].body_id: session.get_one(Body, row[1].body_id) for row in rows}
    return [_draft_line(row, bodies[row[1].body_id], formats) for row in rows]


def _draft_line(row: Before, body: Body, formats: Formats) -> Line:
    version, meeting, languages = row
    here = f"/outputs/{version.output_id}/versions/{version.number}"
    title, lang = in_language(version.titles, formats.language, version.original)
    language_links = [(code, f"{here}?language={code}") for code in LANGUAGES if code in (languages or ())]
    return Line(
        here,
        version.number,
        title,
        lang,
        KINDS[version.kind],
        called(meeting, body),
        language_links,
        version,
        meeting.zone,
    )
