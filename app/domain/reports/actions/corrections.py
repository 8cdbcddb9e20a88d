"""Set until when corrections of a report can be requested; request them, and accept or decline them."""

from uuid import UUID

from app.core import clock
from app.core.db import WriteSession
from app.core.errors import BadRequest, Conflict, NotFound, Stale
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.meetings.inputs import end_of_day
from app.domain.meetings.models import Meeting
from app.domain.reports import events, queries
from app.domain.reports.actions.locked_report import LockedReport, lock_report
from app.domain.reports.inputs import CorrectionsDeadline, NewReportCorrection, ParagraphChange
from app.domain.reports.models import CorrectionStatus, Report, ReportCorrection, ReportRevision, ReportStage
from app.domain.reports.rules import paragraphs, reports
from app.domain.reports.rules.paragraphs import ReportParagraph


def set_corrections_deadline(
    session: WriteSession, actor: Actor, meeting: Meeting, deadline: CorrectionsDeadline, *, was: str
) -> None:
    """Set the last day for requests for corrections, or none. `was` is the deadline that the actor saw, as an instant.

    Raises Forbidden, Conflict; Stale if another one was set meanwhile; BadRequest if the day has passed.
    """
    locked = lock_report(session, actor, meeting, reports.KEEP)
    report = locked.report
    if was != reports.format_corrections_deadline(report.corrections_due_at):
        raise Stale()
    day = deadline.corrections_due_on
    due_at = end_of_day(day, meeting.zone) if day else None
    if due_at and due_at < clock.now():
        raise BadRequest(_("That day has passed. Choose today or a later day."))
    if due_at == report.corrections_due_at:
        return
    report.corrections_due_at = due_at
    now, is_circulated = reports.format_corrections_deadline(due_at), report.stage == ReportStage.CIRCULATED
    locked.record_event(events.CorrectionsDeadlineSet(meeting.id, was, now, is_circulated))


def request_report_correction(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    paragraph_key: str,
    content: NewReportCorrection,
    *,
    revision: int,
) -> ReportCorrection:
    """Request a correction of a paragraph, for the actor's own State.

    Raises Forbidden, Conflict; NotFound without that paragraph; Stale if it has changed since `revision`; BadRequest if
    the proposed text is the current one.
    """
    locked = lock_report(session, actor, meeting, reports.CORRECT)
    report = locked.report
    present = _get_paragraph(queries.get_latest_revision(session, report), paragraph_key)
    if _get_paragraph(queries.get_report_revision(session, actor, meeting, report, revision), paragraph_key) != present:
        raise Stale()
    if content.text.strip() == present.text.strip():
        raise BadRequest(_("The proposed text is the same as the current text."))
    correction = ReportCorrection(
        report_id=report.id,
        paragraph=paragraph_key,
        revision=report.revision,
        was=present.text,
        entity=actor.entity,
        text=content.text,
        asked_by=actor.person,
        asked_at=clock.now(),
    )
    session.add(correction)
    session.flush()
    locked.record_event(events.CorrectionAsked(meeting.id, correction.id, actor.entity))
    return correction


def accept_report_correction(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    correction_id: UUID,
    change: ParagraphChange,
    *,
    revision: int,
) -> None:
    """Accept a correction, in these words, as a new revision of the report.

    Raises Forbidden, NotFound; Stale if its paragraph was changed after `revision`; Conflict if it was answered
    already or its paragraph is gone.
    """
    locked = lock_report(session, actor, meeting, reports.ANSWER)
    report_correction = _lock_unanswered(session, locked.report, correction_id)
    present = locked.load_paragraphs()
    if paragraphs.find_paragraph(present, report_correction.paragraph) is None:
        raise Conflict(
            _("That paragraph is no longer in the report. Reject the correction and give this as the reason.")
        )
    locked.require_unchanged_paragraphs([report_correction.paragraph], revision=revision)
    locked.save_revision(paragraphs.edit_paragraphs(present, {report_correction.paragraph: change.text}))
    _store_answer(locked, report_correction, CorrectionStatus.TAKEN, "")


def decline_report_correction(
    session: WriteSession, actor: Actor, meeting: Meeting, correction_id: UUID, declining: ReasonInput
) -> None:
    """Decline a correction; its State reads the reason.

    Raises Forbidden, NotFound; Conflict if it was answered already.
    """
    locked = lock_report(session, actor, meeting, reports.ANSWER)
    correction = _lock_unanswered(session, locked.report, correction_id)
    _store_answer(locked, correction, CorrectionStatus.DECLINED, declining.reason)


def _get_paragraph(revision: ReportRevision, key: str) -> ReportParagraph:
    """Return a paragraph of a revision. Raises NotFound."""
    paragraph = paragraphs.find_paragraph(paragraphs.load_paragraphs(revision.paragraphs), key)
    if paragraph is None:
        raise NotFound()
    return paragraph


def _lock_unanswered(session: WriteSession, report: Report, correction: UUID) -> ReportCorrection:
    """Return a correction, locked. Raises NotFound; Conflict if it was answered already."""
    row = queries.get_report_correction(session, report, correction, lock=True)
    if row.state != CorrectionStatus.ASKED:
        raise Conflict(_("This correction has already been answered."))
    return row


def _store_answer(locked: LockedReport, correction: ReportCorrection, answer: CorrectionStatus, reason: str) -> None:
    """Store the answer to a correction and record it in the journal."""
    correction.state, correction.reason = answer, reason
    correction.answered_by, correction.answered_at = locked.actor.person, clock.now()
    locked.record_event(events.CorrectionAnswered(locked.meeting.id, correction.id, answer))
