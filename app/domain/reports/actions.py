"""Draft, edit, circulate, correct, adopt and register the report of a meeting. Every revision is kept."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.core import clock, journal
from app.core.access import Actor, Permission
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Stale, Unacceptable, Unknown
from app.core.i18n import say
from app.domain.documents import actions as register
from app.domain.documents.inputs import FileOf, NewDocument
from app.domain.documents.inputs import Text as RegisteredText
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from app.domain.reports import events, paragraphs, queries, rules
from app.domain.reports.inputs import Declining, NewCorrection, NewReport, Taking
from app.domain.reports.models import Answer, Report, ReportCorrection, ReportRevision, Stage
from app.domain.reports.paragraphs import Paragraph

SERIES = "R"


def draft(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    new: NewReport,
    written: Sequence[Paragraph],
    *,
    revision: int,
) -> Report:
    """Save a generated draft: as the first revision, or in place of revision n, which the actor saw as the latest.

    Raises Forbidden; Stale if there is a later revision; Conflict if the report is circulated already.
    """
    hold(session, meeting)
    report = queries.of(session, meeting, lock=True)
    rules.DRAFT.require(actor, queries.at(session, meeting))
    if (report.revision if report else 0) != revision:
        raise Stale()
    if report is None:
        report = Report(meeting_id=meeting.id, stage=Stage.DRAFT, revision=0)
    report.lang, report.attribution = new.lang, new.attribution
    session.add(report)
    session.flush()
    _store_revision(session, actor, report, written)
    event = events.ReportDrafted(meeting.id, report.revision)
    journal.record(session, actor, event, body=meeting.body_id)
    return report


def save(session: WriteSession, actor: Actor, meeting: Meeting, texts: Mapping[str, str], *, revision: int) -> Report:
    """Save edited paragraphs as a new revision.

    Raises Forbidden, Conflict; Stale if there is a later revision; BadRequest if no paragraph would be left.
    """
    report = _lock_for_change(session, actor, meeting, rules.KEEP, revision)
    present = paragraphs.read(queries.latest(session, report).paragraphs)
    edited = paragraphs.edited(present, texts)
    if not edited:
        raise Unacceptable(say("A report has at least one paragraph."))
    if edited != present:
        _save_revision(session, actor, meeting, report, edited)
    return report


def circulate(session: WriteSession, actor: Actor, meeting: Meeting, *, revision: int) -> None:
    """Circulate the report to every delegation from this revision on. Raises Forbidden, Conflict, Stale."""
    report = _lock_for_change(session, actor, meeting, rules.CIRCULATE, revision)
    report.stage, report.circulated_as, report.circulated_at = Stage.CIRCULATED, revision, clock.now()
    event = events.ReportCirculated(meeting.id, revision)
    journal.record(session, actor, event, body=meeting.body_id)


def ask(
    session: WriteSession, actor: Actor, meeting: Meeting, paragraph: str, new: NewCorrection, *, revision: int
) -> ReportCorrection:
    """Request a correction of a paragraph, for the actor's own State.

    Raises Forbidden, Conflict; NotFound without that paragraph; Stale if it has changed since `revision`.
    """
    report = queries.of(session, meeting, lock=True)
    rules.CORRECT.require(actor, queries.at(session, meeting, actor.entity))
    assert report
    present = _get_paragraph(queries.latest(session, report), paragraph)
    if _get_paragraph(queries.one_revision(session, actor, meeting, report, revision), paragraph) != present:
        raise Stale()
    correction = ReportCorrection(
        report_id=report.id,
        paragraph=paragraph,
        revision=report.revision,
        was=present.text,
        entity=actor.entity,
        text=new.text,
        asked_by=actor.person,
        asked_at=clock.now(),
    )
    session.add(correction)
    session.flush()
    event = events.CorrectionAsked(meeting.id, correction.id, actor.entity)
    journal.record(session, actor, event, body=meeting.body_id)
    return correction


def take(
    session: WriteSession, actor: Actor, meeting: Meeting, correction: UUID, new: Taking, *, revision: int
) -> None:
    """Accept a correction, in these words, as a new revision of the report.

    Raises Forbidden, Stale, NotFound; Conflict if it was answered already or its paragraph is gone.
    """
    report = _lock_for_change(session, actor, meeting, rules.ANSWER, revision)
    report_correction = _lock_unanswered(session, report, correction)
    present = paragraphs.read(queries.latest(session, report).paragraphs)
    if all(item.key != report_correction.paragraph for item in present):
        raise Conflict(say("That paragraph is not in the report any more. Decline the correction, and say so."))
    _save_revision(session, actor, meeting, report, paragraphs.edited(present, {report_correction.paragraph: new.text}))
    _store_answer(session, actor, meeting, report_correction, Answer.TAKEN, "")


def decline(session: WriteSession, actor: Actor, meeting: Meeting, correction: UUID, declining: Declining) -> None:
    """Decline a correction; its State reads the reason.

    Raises Forbidden, NotFound; Conflict if it was answered already.
    """
    report = queries.of(session, meeting, lock=True)
    rules.ANSWER.require(actor, queries.at(session, meeting))
    assert report
    _store_answer(
        session, actor, meeting, _lock_unanswered(session, report, correction), Answer.DECLINED, declining.reason
    )


def adopt(session: WriteSession, actor: Actor, meeting: Meeting, *, revision: int) -> None:
    """Record that this revision was adopted. The report cannot be changed from then on.

    Raises Forbidden, Stale; Conflict while a correction waits for an answer.
    """
    report = _lock_for_change(session, actor, meeting, rules.ADOPT, revision)
    if queries.waits(session, report):
        raise Conflict(say("Some corrections are not answered yet. Take or decline each of them first."))
    report.stage, report.adopted_by, report.adopted_at = Stage.ADOPTED, actor.person, clock.now()
    event = events.ReportAdopted(meeting.id, revision)
    journal.record(session, actor, event, body=meeting.body_id)


def register_report(session: WriteSession, actor: Actor, meeting: Meeting, title: str, file: FileOf) -> Document:
    """Register the adopted report under the next symbol of its series. `file` was rendered from the adopted revision.

    Raises Forbidden; Conflict if the report is not adopted or was registered already.
    """
    report = queries.of(session, meeting, lock=True)
    rules.REGISTER.require(actor, queries.at(session, meeting))
    assert report
    new = NewDocument(
        body_id=meeting.body_id,
        series=SERIES,
        scope=str(meeting.number),
        kind="report",
        entity=actor.entity,
        text=RegisteredText(original=report.lang, titles={report.lang: title}, files=(file,)),
    )
    document = register.register(session, actor, new)
    report.stage, report.document_id = Stage.REGISTERED, document.id
    event = events.ReportRegistered(meeting.id, document.id)
    journal.record(session, actor, event, body=meeting.body_id)
    return document


def _lock_for_change(
    session: WriteSession, actor: Actor, meeting: Meeting, permission: Permission[rules.At], revision: int
) -> Report:
    """Lock the report and check permission and revision. Raises Forbidden, Conflict, Stale."""
    report = queries.of(session, meeting, lock=True)
    permission.require(actor, queries.at(session, meeting))
    assert report
    if report.revision != revision:
        raise Stale()
    return report


def _save_revision(
    session: WriteSession, actor: Actor, meeting: Meeting, report: Report, revised: Sequence[Paragraph]
) -> None:
    """Store a new revision and record it in the journal."""
    _store_revision(session, actor, report, revised)
    event = events.ReportRevised(meeting.id, report.revision)
    journal.record(session, actor, event, body=meeting.body_id)


def _store_revision(session: WriteSession, actor: Actor, report: Report, revised: Sequence[Paragraph]) -> None:
    """Store the paragraphs as the next revision."""
    report.revision += 1
    session.add(
        ReportRevision(
            report_id=report.id,
            number=report.revision,
            paragraphs=paragraphs.kept(revised),
            made_by=actor.person,
            made_at=clock.now(),
        )
    )
    session.flush()


def _get_paragraph(revision: ReportRevision, key: str) -> Paragraph:
    """Return a paragraph of a revision. Raises NotFound."""
    paragraph = next((item for item in paragraphs.read(revision.paragraphs) if item.key == key), None)
    if paragraph is None:
        raise Unknown()
    return paragraph


def _lock_unanswered(session: WriteSession, report: Report, correction: UUID) -> ReportCorrection:
    """Return a correction, locked. Raises NotFound; Conflict if it was answered already."""
    row = queries.one_correction(session, report, correction, lock=True)
    if row.state != Answer.ASKED:
        raise Conflict(say("This correction was answered already."))
    return row


def _store_answer(
    session: WriteSession, actor: Actor, meeting: Meeting, correction: ReportCorrection, answer: Answer, reason: str
) -> None:
    """Store the answer to a correction and record it in the journal."""
    correction.state, correction.reason = answer, reason
    correction.answered_by, correction.answered_at = actor.person, clock.now()
    event = events.CorrectionAnswered(meeting.id, correction.id, answer)
    journal.record(session, actor, event, body=meeting.body_id)
