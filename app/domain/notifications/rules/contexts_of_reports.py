"""Contexts of notifications about the report of a meeting, corrections of it and comments on it."""

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.domain.meetings.models import Meeting
from app.domain.notifications.rules.contexts import NO_ONE, get_key
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.reports.models import CorrectionStatus, Report, ReportComment, ReportCorrection, ReportStage


def build_report_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a circulated report; over once it is adopted."""
    meeting = session.get_one(Meeting, get_key(line, "meeting"))
    report = session.scalars(select(Report).where(Report.meeting_id == meeting.id)).one()
    return NotificationContext(meeting.body_id, is_over=report.stage != ReportStage.CIRCULATED)


def build_correction_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a correction that a State asks for; over once it is answered."""
    correction = session.get_one(ReportCorrection, get_key(line, "correction"))
    is_over = correction.state != CorrectionStatus.ASKED
    return NotificationContext(line.body or NO_ONE, entity=correction.entity, is_over=is_over)


def build_answered_correction_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the answer to a correction, for the State that asked for it."""
    correction = session.get_one(ReportCorrection, get_key(line, "correction"))
    return NotificationContext(line.body or NO_ONE, entity=correction.entity)


def build_report_comment_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a comment on a report; over once it is answered, resolved or withdrawn, or the report is
    adopted."""
    comment = session.get_one(ReportComment, get_key(line, "comment"))
    has_ended = any((comment.answered_at, comment.resolved_at, comment.withdrawn_at))
    is_adopted = session.get_one(Report, comment.report_id).stage not in (ReportStage.DRAFT, ReportStage.CIRCULATED)
    return NotificationContext(line.body or NO_ONE, entity=comment.author, is_over=has_ended or is_adopted)


def build_answered_report_comment_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the answer to a comment on a report, for the State that wrote it."""
    comment = session.get_one(ReportComment, get_key(line, "comment"))
    return NotificationContext(line.body or NO_ONE, entity=comment.author)
