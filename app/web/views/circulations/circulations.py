"""A circulated version as pages show it: its cover, its texts, its history, and the status of the output."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row

from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.circulations import queries
from app.domain.circulations.models import CirculatedText, CirculatedVersion
from app.domain.circulations.queries import CirculatedDraftRow
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output, OutputStatus
from app.domain.outputs.rules import outputs
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.silence.models import SilenceProcedure, SilenceStatus
from app.domain.silence.queries.procedures import find_latest_procedure, get_procedure_status, list_procedures_of_output
from app.http.labels import KIND_LABELS, SILENCE_STATUS_LABELS
from app.http.localization import Localizer
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.meetings import DocumentLine, build_document_lines
from app.web.views.outputs.outputs import DecisionLine, build_decision_lines
from app.web.views.silence.silence import displayed_status

MAX_CIRCULATED_DRAFTS = 50


@dataclass(frozen=True, slots=True)
class CirculatedVersionSummary:
    """What every page about one circulated version shows of it. `symbol` is that of the output, once it is adopted."""

    version: CirculatedVersion
    here: str
    is_latest: bool
    is_draft: bool
    symbol: str | None
    meeting: Meeting
    meeting_name: LazyText
    title: str
    lang: str | None
    kind: LazyText
    texts: Sequence[CirculatedText]
    history: Sequence[Row[CirculatedVersion, str]]
    silence: SilenceProcedure | None
    course: tuple[str, LazyText] | None
    sees_output: bool

    @property
    def silence_runs(self) -> bool:
        """Return whether a silence procedure is open on the draft."""
        return self.silence is not None and self.silence.course == SilenceStatus.OPEN and self.is_draft

    def choose_text_language(self, wanted: str, reader: str) -> str:
        """Return the language in which the text is shown: the requested one, the reader's, the original, or any."""
        available = [each.language for each in self.texts]
        return next(code for code in (wanted, reader, self.version.original, *available) if code in available)


@dataclass(frozen=True, slots=True)
class CirculatedDraftLine:
    """A circulated draft in a list."""

    href: str
    number: int
    title: str
    lang: str | None
    kind: LazyText
    meeting: LazyText
    languages: list[tuple[str, str]]
    version: CirculatedVersion
    zone: str


LISTS_OF_VERSION = (
    queries.list_outputs_with_meetings,
    queries.list_latest_versions,
    queries.list_comments_on_output,
    queries.list_answers_on_output,
    queries.list_counts_of_unanswered_comments,
    list_procedures_of_output,
)
"""What pages about a version read together of its output."""


def load_version_summary(
    session: ReadSession, actor: Actor, output: UUID, number: int, language: str
) -> CirculatedVersionSummary:
    """Load the summary of a version. Raises NotFound for those without a seat."""
    history = queries.list_circulated_versions(session, actor, output)
    version = queries.get_version_among(history, number)
    read_together(session, output, *LISTS_OF_VERSION)
    output_row = session.get_one(Output, output)
    meeting, body = session.get_one(Meeting, output_row.meeting_id), session.get_one(Body, version.body_id)
    title, lang = localize_title(version.titles, language, version.original)
    procedure = find_latest_procedure(session, output_row)
    course = (
        displayed_status(get_procedure_status(session, procedure, output_row), procedure.until) if procedure else ""
    )
    return CirculatedVersionSummary(
        version=version,
        here=f"/outputs/{output}/versions/{number}",
        is_latest=version.number == history[0][0].number,
        is_draft=output_row.status == OutputStatus.DRAFT,
        symbol=output_row.symbol,
        meeting=meeting,
        meeting_name=format_meeting_name(meeting, body),
        title=title,
        lang=lang,
        kind=KIND_LABELS[version.kind],
        texts=queries.list_circulated_texts(session, version),
        history=history,
        silence=procedure,
        course=SILENCE_STATUS_LABELS[course] if course else None,
        sees_output=outputs.SEE_OUTPUT.allows(actor, OutputRuleSubject(version.body_id, output_row.status)),
    )


def list_version_sources(
    session: ReadSession, actor: Actor, version: CirculatedVersion, language: str
) -> tuple[list[DocumentLine], list[DecisionLine]]:
    """Return the documents and the decisions that the version was made from."""
    rows = documents.list_documents_by_id(session, actor, [UUID(each) for each in version.sources])
    return build_document_lines(rows, language), build_decision_lines(
        session, queries.list_decisions_of_version(session, version), language
    )


def unanswered_comments_warning(session: ReadSession, output: Output, confirmed_count: str) -> LazyText | None:
    """Return the warning for a decider who has unanswered comments and has not confirmed their number, otherwise
    None."""
    waiting = queries.count_unanswered_comments(session, output.id)
    if not waiting or confirmed_count == str(waiting):
        return None
    return _(
        "Some comments from States have not been answered. Answer them first, or confirm that you want to continue."
    )


def list_circulated_drafts(
    session: ReadSession, actor: Actor, formats: Localizer, meeting: Meeting | None = None
) -> list[CirculatedDraftLine]:
    """Return the circulated drafts: of all the actor's bodies, or of one meeting that was found for the actor."""
    rows = queries.list_circulated_drafts(
        session, actor, limit=MAX_CIRCULATED_DRAFTS, meeting_id=meeting.id if meeting else None
    )
    bodies = {row[1].body_id: session.get_one(Body, row[1].body_id) for row in rows}
    return [_draft_line(row, bodies[row[1].body_id], formats) for row in rows]


def _draft_line(row: CirculatedDraftRow, body: Body, formats: Localizer) -> CirculatedDraftLine:
    version, meeting, languages = row
    here = f"/outputs/{version.output_id}/versions/{version.number}"
    title, lang = localize_title(version.titles, formats.language, version.original)
    language_links = [(code, f"{here}?language={code}") for code in LANGUAGES if code in (languages or ())]
    return CirculatedDraftLine(
        here,
        version.number,
        title,
        lang,
        KIND_LABELS[version.kind],
        format_meeting_name(meeting, body),
        language_links,
        version,
        meeting.zone,
    )
