"""The registration queue as the secretariat sees it: what was submitted, and what file inspection found in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select

from app.core.i18n import LazyText
from app.core.inspection import Finding, FindingLevel, report_schema
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.contributions.queries.own_lists import ContributionRow
from app.domain.contributions.queries.registration_filters import LEVELS_TO_REVIEW
from app.domain.contributions.queries.registration_queue import list_files_by_contribution, list_registration_queue
from app.domain.contributions.rules.file_questions import name_subject
from app.domain.documents.models import EditionStep
from app.http.authentication import EntityName
from app.http.labels import EDITION_KIND_LABELS, FINDING_LEVEL_LABELS, STATUS_LABELS
from app.http.page_context import ReadContext
from app.web.forms.findings import FindingLine, describe_answered_findings
from app.web.views.contributions.status import MeetingsById, format_meeting_name
from app.web.views.documents.titles import get_original_language_if_foreign


@dataclass(frozen=True, slots=True)
class RegistrationQueueLine:
    """A contribution that waits for its number. `key` names it in the version that is shown.

    `follows` is the label of its step and the symbol of the document that it follows; `ended` the tag of that document
    if it has ended, after which nothing can follow it. `awaits_state` is whether its State has to confirm it first.
    `worst` is the tag of the gravest of `findings`, by language. `assignee` is the name of the secretary who deals with
    it.
    """

    key: str
    href: str
    title: str
    lang: str | None
    entity: LazyText
    meeting: LazyText
    zone: str
    submitted_at: datetime
    is_late: bool
    follows: tuple[LazyText, str] | None
    ended: tuple[str, LazyText] | None
    awaits_state: bool
    languages: list[str]
    worst: tuple[str, LazyText]
    findings: list[tuple[str, list[FindingLine]]]
    assignee: str | None

    @property
    def may_register(self) -> bool:
        """Whether it can be registered now: neither its State nor the document that it follows prevents it."""
        return not self.ended and not self.awaits_state

    @property
    def count(self) -> int:
        """Number of findings to review."""
        return sum(len(file_findings) for _, file_findings in self.findings)


def list_queue_lines(
    context: ReadContext, queue: Select[Contribution], meetings_by_id: MeetingsById, *, limit: int, offset: int = 0
) -> list[RegistrationQueueLine]:
    """List a part of a queue in its order; two statements, however long it is."""
    rows = list_registration_queue(context.session, queue, limit=limit, offset=offset)
    return build_queue_lines(context, rows, meetings_by_id)


def build_queue_lines(
    context: ReadContext, rows: Sequence[ContributionRow], meetings_by_id: MeetingsById
) -> list[RegistrationQueueLine]:
    """Build the lines of these contributions, in one statement, however many they are."""
    files = list_files_by_contribution(context.session, [row.id for row in rows])
    language = context.language
    return [_build_line(row, files, meetings_by_id, language) for row in rows]


def format_queue_key(contribution: UUID, version: int) -> str:
    """Return the key by which a form names a contribution in a version."""
    return f"{contribution.hex}.{version}"


def _build_line(
    row: ContributionRow, files: Mapping[UUID, Sequence[ContributionFile]], meetings_by_id: MeetingsById, language: str
) -> RegistrationQueueLine:
    """Build the line of a contribution with the findings in its files."""
    meeting, body = meetings_by_id[row.meeting_id]
    row_files = files.get(row.id, ())
    to_review = [(file, _list_findings_to_review(file)) for file in row_files]
    levels = {finding.level for _, file_findings in to_review for finding in file_findings}
    levels |= {FindingLevel.DECIDE for file in row_files if file.answers}
    worst = next((level for level in LEVELS_TO_REVIEW if level in levels), FindingLevel.FINE)
    return RegistrationQueueLine(
        key=format_queue_key(row.id, row.version),
        href=f"/contributions/{row.id}",
        title=row.title,
        lang=get_original_language_if_foreign(row.original, language),
        entity=EntityName(row.entity),
        meeting=format_meeting_name(meeting, body),
        zone=meeting.zone,
        submitted_at=row.submitted_at,
        is_late=row.late,
        follows=(EDITION_KIND_LABELS[row.step], row.follows) if row.step != EditionStep.TEXT else None,
        ended=STATUS_LABELS[row.ended_as] if row.ended_as else None,
        awaits_state=row.awaits_state,
        languages=[file.language for file in row_files],
        worst=FINDING_LEVEL_LABELS[worst],
        findings=[
            (file.language, describe_answered_findings(file_findings, file.answers or ()))
            for file, file_findings in to_review
            if file_findings
        ],
        assignee=row.assignee,
    )


def _list_findings_to_review(file: ContributionFile) -> list[Finding]:
    """List the findings of a file that its secretariat reads: those to be decided or noted, and those answered."""
    return [
        finding
        for finding in map(report_schema.parse_finding, file.findings)
        if finding.level in LEVELS_TO_REVIEW or name_subject(finding) in (file.answers or ())
    ]
