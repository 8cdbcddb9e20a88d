"""Draft, edit, circulate, correct, adopt and register the report of a meeting. Every revision is kept."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, NotFound, Stale, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.core.validation import ReasonInput
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import EditionContent as RegisteredText
from app.domain.documents.inputs import LanguageFile, NewDocument
from app.domain.documents.models import Document
from app.domain.meetings.actions.life_cycle import note_first_act
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import require_first_day
from app.domain.reports import events, queries
from app.domain.reports.inputs import NewReportCorrection, NewReportDraft, ParagraphChange
from app.domain.reports.models import CorrectionStatus, Report, ReportCorrection, ReportRevision, ReportStage
from app.domain.reports.rules import paragraphs, proposals, reports
from app.domain.reports.rules.paragraphs import ReportParagraph

REPORT_SERIES = "R"
PARAGRAPH_REQUIRED = _("Enter at least one paragraph for the report.")
DRAFT_EXISTS = _("There is already a draft of this report. Nothing was replaced.")
CHANGED_PROPOSAL = _(
    "The record of the meeting has changed since you opened the page, so nothing was saved. Check the paragraphs again."
)


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
    _store_revision(session, actor, report, drafted_paragraphs)
    event = events.ReportDrafted(meeting.id, report.revision)
    journal.record_event(session, actor, event, body=meeting.body_id)
    return report


def take_generated_paragraphs(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    content: NewReportDraft,
    generated: Sequence[ReportParagraph],
    codes: Sequence[str],
    *,
    revision: int,
) -> Report:
    """Take these proposals of a draft that was generated again into the text, as a new revision.

    Raises Forbidden; Stale if there is a later revision; Conflict if the report was circulated, or a proposal is not
    what was shown; BadRequest if nothing was selected, or no paragraph would be left.
    """
    reports.DRAFT.require(actor, queries.build_report_rule_subject(session, meeting))
    report = _lock_for_change(session, actor, meeting, reports.KEEP, revision)
    if not codes:
        raise BadRequest(_("Select at least one change, or cancel."))
    present = paragraphs.load_paragraphs(queries.get_latest_revision(session, report).paragraphs)
    try:
        taken = proposals.take_proposals(present, generated, codes)
    except ValueError:
        raise Conflict(CHANGED_PROPOSAL) from None
    if not taken:
        raise BadRequest(PARAGRAPH_REQUIRED)
    report.lang, report.attribution = paragraphs.find_main_language(taken, report.lang), content.attribution
    _save_revision(session, actor, meeting, report, taken)
    return report


def save_report_paragraphs(
    session: WriteSession, actor: Actor, meeting: Meeting, texts: Mapping[str, str], *, revision: int
) -> Report:
    """Save edited paragraphs as a new revision.

    Raises Forbidden, Conflict; Stale if there is a later revision; BadRequest if no paragraph would be left.
    """
    report = _lock_for_change(session, actor, meeting, reports.KEEP, revision)
    present = paragraphs.load_paragraphs(queries.get_latest_revision(session, report).paragraphs)
    edited = paragraphs.edit_paragraphs(present, texts)
    if not edited:
        raise BadRequest(PARAGRAPH_REQUIRED)
    if edited != present:
        _save_revision(session, actor, meeting, report, edited)
    return report


def restore_report_revision(
    session: WriteSession, actor: Actor, meeting: Meeting, number: int, *, revision: int
) -> Report:
    """Save the text of an earlier revision as a new one; all revisions are kept.

    Raises Forbidden; NotFound without that revision; Stale if there is a later one than the actor saw; Conflict if the
    report cannot be changed, or has this text.
    """
    report = _lock_for_change(session, actor, meeting, reports.KEEP, revision)
    earlier = queries.get_report_revision(session, actor, meeting, report, number)
    queries.require_different_text(session, report, earlier)
    restored = paragraphs.load_paragraphs(earlier.paragraphs)
    report.lang = paragraphs.find_main_language(restored, report.lang)
    _store_revision(session, actor, report, restored)
    event = events.ReportRestored(meeting.id, report.revision, number)
    journal.record_event(session, actor, event, body=meeting.body_id)
    return report


def circulate_report(session: WriteSession, actor: Actor, meeting: Meeting, *, revision: int) -> None:
    """Circulate the report to every delegation from this revision on. Raises Forbidden, Conflict, Stale."""
    report = _lock_for_change(session, actor, meeting, reports.CIRCULATE, revision)
    report.stage, report.circulated_as, report.circulated_at = ReportStage.CIRCULATED, revision, clock.now()
    event = events.ReportCirculated(meeting.id, revision)
    journal.record_event(session, actor, event, body=meeting.body_id)


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
    report = queries.find_report(session, meeting, lock=True)
    reports.CORRECT.require(actor, queries.build_report_rule_subject(session, meeting, actor.entity))
    assert report
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
    event = events.CorrectionAsked(meeting.id, correction.id, actor.entity)
    journal.record_event(session, actor, event, body=meeting.body_id)
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

    Raises Forbidden, Stale, NotFound; Conflict if it was answered already or its paragraph is gone.
    """
    report = _lock_for_change(session, actor, meeting, reports.ANSWER, revision)
    report_correction = _lock_unanswered(session, report, correction_id)
    present = paragraphs.load_paragraphs(queries.get_latest_revision(session, report).paragraphs)
    if all(item.key != report_correction.paragraph for item in present):
        raise Conflict(
            _("That paragraph is no longer in the report. Reject the correction and give this as the reason.")
        )
    _save_revision(
        session, actor, meeting, report, paragraphs.edit_paragraphs(present, {report_correction.paragraph: change.text})
    )
    _store_answer(session, actor, meeting, report_correction, CorrectionStatus.TAKEN, "")


def decline_report_correction(
    session: WriteSession, actor: Actor, meeting: Meeting, correction_id: UUID, declining: ReasonInput
) -> None:
    """Decline a correction; its State reads the reason.

    Raises Forbidden, NotFound; Conflict if it was answered already.
    """
    report = queries.find_report(session, meeting, lock=True)
    reports.ANSWER.require(actor, queries.build_report_rule_subject(session, meeting))
    assert report
    _store_answer(
        session,
        actor,
        meeting,
        _lock_unanswered(session, report, correction_id),
        CorrectionStatus.DECLINED,
        declining.reason,
    )


def adopt_report(session: WriteSession, actor: Actor, meeting: Meeting, *, revision: int) -> None:
    """Record that this revision was adopted. The report cannot be changed from then on.

    Raises Forbidden, Stale; Conflict while a correction waits for an answer.
    """
    report = _lock_for_change(session, actor, meeting, reports.ADOPT, revision)
    queries.require_answered_corrections(session, report)
    report.stage, report.adopted_by, report.adopted_at = ReportStage.ADOPTED, actor.person, clock.now()
    event = events.ReportAdopted(meeting.id, revision)
    journal.record_event(session, actor, event, body=meeting.body_id)


def register_report(session: WriteSession, actor: Actor, meeting: Meeting, title: str, file: LanguageFile) -> Document:
    """Register the adopted report under the next symbol of its series, sealed. `file` was rendered from the adopted
    revision.

    Raises Forbidden; Conflict if the report is not adopted or was registered already.
    """
    report = queries.find_report(session, meeting, lock=True)
    reports.REGISTER.require(actor, queries.build_report_rule_subject(session, meeting))
    assert report
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
    event = events.ReportRegistered(meeting.id, document.id)
    journal.record_event(session, actor, event, body=meeting.body_id)
    return document


def _lock_for_change(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    permission: Permission[reports.ReportRuleSubject],
    revision: int,
) -> Report:
    """Lock the report and check permission and revision. Raises Forbidden, Conflict, Stale."""
    report = queries.find_report(session, meeting, lock=True)
    permission.require(actor, queries.build_report_rule_subject(session, meeting))
    assert report
    require_version(report.revision, revision)
    return report


def _save_revision(
    session: WriteSession, actor: Actor, meeting: Meeting, report: Report, revised: Sequence[ReportParagraph]
) -> None:
    """Store a new revision and record it in the journal."""
    _store_revision(session, actor, report, revised)
    event = events.ReportRevised(meeting.id, report.revision)
    journal.record_event(session, actor, event, body=meeting.body_id)


def _store_revision(session: WriteSession, actor: Actor, report: Report, revised: Sequence[ReportParagraph]) -> None:
    """Store the paragraphs as the next revision."""
    report.revision += 1
    session.add(
        ReportRevision(
            report_id=report.id,
            number=report.revision,
            paragraphs=paragraphs.dump_paragraphs(revised),
            made_by=actor.person,
            made_at=clock.now(),
        )
    )
    session.flush()


def _get_paragraph(revision: ReportRevision, key: str) -> ReportParagraph:
    """Return a paragraph of a revision. Raises NotFound."""
    paragraph = next((item for item in paragraphs.load_paragraphs(revision.paragraphs) if item.key == key), None)
    if paragraph is None:
        raise NotFound()
    return paragraph


def _lock_unanswered(session: WriteSession, report: Report, correction: UUID) -> ReportCorrection:
    """Return a correction, locked. Raises NotFound; Conflict if it was answered already."""
    row = queries.get_report_correction(session, report, correction, lock=True)
    if row.state != CorrectionStatus.ASKED:
        raise Conflict(_("This correction has already been answered."))
    return row


def _store_answer(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    correction: ReportCorrection,
    answer: CorrectionStatus,
    reason: str,
) -> None:
    """Store the answer to a correction and record it in the journal."""
    correction.state, correction.reason = answer, reason
    correction.answered_by, correction.answered_at = actor.person, clock.now()
    event = events.CorrectionAnswered(meeting.id, correction.id, answer)
    journal.record_event(session, actor, event, body=meeting.body_id)
