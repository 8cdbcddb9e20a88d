"""Draft, circulate, adopt and register the report of a meeting."""

from collections.abc import Sequence

from app.core import clock
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import EditionContent as RegisteredText
from app.domain.documents.inputs import LanguageFile, NewDocument
from app.domain.documents.models import Document
from app.domain.meetings.actions.life_cycle import note_first_act
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import require_first_day
from app.domain.reports import events, queries
from app.domain.reports.actions.locked_report import LockedReport, lock_report
from app.domain.reports.inputs import NewReportDraft
from app.domain.reports.models import Report, ReportStage
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import ReportParagraph

REPORT_SERIES = "R"
DRAFT_EXISTS = _("There is already a draft of this report. Nothing was replaced.")


def save_report_draft(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    content: NewReportDraft,
    drafted_paragraphs: Sequence[ReportParagraph],
) -> Report:
    """Save a generated draft as the first revision.

    Raises Forbidden; Conflict if there is a report already, of which nothing is replaced, or before the first day of
    the meeting.
    """
    lock_row(session, meeting)
    reports.DRAFT.require(actor, queries.build_report_rule_subject(session, meeting))
    require_first_day(meeting)
    if queries.find_report(session, meeting):
        raise Conflict(DRAFT_EXISTS)
    note_first_act(meeting)
    report = Report(meeting_id=meeting.id, stage=ReportStage.DRAFT, revision=0)
    report.lang, report.attribution = content.lang, content.attribution
    session.add(report)
    session.flush()
    locked = LockedReport(session, actor, meeting, report)
    locked.store_revision(drafted_paragraphs)
    locked.record_event(events.ReportDrafted(meeting.id, report.revision))
    return report


def circulate_report(session: WriteSession, actor: Actor, meeting: Meeting, *, revision: int) -> None:
    """Circulate the report to every delegation from this revision on. Raises Forbidden, Conflict, Stale."""
    locked = lock_report(session, actor, meeting, reports.CIRCULATE, revision=revision)
    report = locked.report
    report.stage, report.circulated_as, report.circulated_at = ReportStage.CIRCULATED, revision, clock.now()
    locked.record_event(events.ReportCirculated(meeting.id, revision))


def adopt_report(session: WriteSession, actor: Actor, meeting: Meeting, *, revision: int) -> None:
    """Record that this revision was adopted. The report cannot be changed from then on.

    Raises Forbidden, Stale; Conflict while a correction waits for an answer.
    """
    locked = lock_report(session, actor, meeting, reports.ADOPT, revision=revision)
    report = locked.report
    queries.require_answered_corrections(session, report)
    report.stage, report.adopted_by, report.adopted_at = ReportStage.ADOPTED, actor.person, clock.now()
    locked.record_event(events.ReportAdopted(meeting.id, revision))


def register_report(session: WriteSession, actor: Actor, meeting: Meeting, title: str, file: LanguageFile) -> Document:
    """Register the adopted report under the next symbol of its series, sealed. `file` was rendered from the adopted
    revision.

    Raises Forbidden; Conflict if the report is not adopted or was registered already.
    """
    locked = lock_report(session, actor, meeting, reports.REGISTER)
    report = locked.report
    new = NewDocument(
        body_id=meeting.body_id,
        series=REPORT_SERIES,
        scope=str(meeting.number),
        kind="report",
        entity=actor.entity,
        text=RegisteredText(original=report.lang, titles={report.lang: title}, files=(file,)),
        sealed=True,
    )
    document = register.register_document(session, actor, new)
    report.stage, report.document_id = ReportStage.REGISTERED, document.id
    locked.record_event(events.ReportRegistered(meeting.id, document.id))
    return document
