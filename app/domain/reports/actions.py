"""Writing a report and changing it, circulating, correcting, adopting and registering it. No revision is ever lost."""

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
    """Put on record what was written from what happened: the first draft, or a new one in place of revision n."""
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
    _put(session, actor, report, written)
    happened = events.ReportDrafted(meeting.id, report.revision)
    journal.record(session, actor, happened, body=meeting.body_id)
    return report


def save(session: WriteSession, actor: Actor, meeting: Meeting, texts: Mapping[str, str], *, revision: int) -> Report:
    """Change paragraphs. Raises Stale if the report was changed meanwhile, Unacceptable if nothing would be left."""
    report = _take_turn(session, actor, meeting, rules.KEEP, revision)
    before = paragraphs.read(queries.latest(session, report).paragraphs)
    after = paragraphs.edited(before, texts)
    if not after:
        raise Unacceptable(say("A report has at least one paragraph."))
    if after != before:
        _revise(session, actor, meeting, report, after)
    return report


def circulate(session: WriteSession, actor: Actor, meeting: Meeting, *, revision: int) -> None:
    """Every delegation sees the report from this revision on."""
    report = _take_turn(session, actor, meeting, rules.CIRCULATE, revision)
    report.stage, report.circulated_as, report.circulated_at = Stage.CIRCULATED, revision, clock.now()
    happened = events.ReportCirculated(meeting.id, revision)
    journal.record(session, actor, happened, body=meeting.body_id)


def ask(
    session: WriteSession, actor: Actor, meeting: Meeting, paragraph: str, new: NewCorrection, *, revision: int
) -> ReportCorrection:
    """Ask that a paragraph read otherwise. Raises Unknown without that paragraph, Stale if it reads otherwise now."""
    report = queries.of(session, meeting, lock=True)
    rules.CORRECT.require(actor, queries.at(session, meeting, actor.entity))
    assert report
    now = _one(queries.latest(session, report), paragraph)
    if _one(queries.one_revision(session, actor, meeting, report, revision), paragraph) != now:
        raise Stale()
    made = ReportCorrection(
        report_id=report.id,
        paragraph=paragraph,
        revision=report.revision,
        was=now.text,
        entity=actor.entity,
        text=new.text,
        asked_by=actor.person,
        asked_at=clock.now(),
    )
    session.add(made)
    session.flush()
    happened = events.CorrectionAsked(meeting.id, made.id, actor.entity)
    journal.record(session, actor, happened, body=meeting.body_id)
    return made


def take(
    session: WriteSession, actor: Actor, meeting: Meeting, correction: UUID, new: Taking, *, revision: int
) -> None:
    """Take a correction, in these words: a new revision of the report. Raises Stale, Unknown, Conflict."""
    report = _take_turn(session, actor, meeting, rules.ANSWER, revision)
    found = _unanswered(session, report, correction)
    before = paragraphs.read(queries.latest(session, report).paragraphs)
    if all(each.key != found.paragraph for each in before):
        raise Conflict(say("That paragraph is not in the report any more. Decline the correction, and say so."))
    _revise(session, actor, meeting, report, paragraphs.edited(before, {found.paragraph: new.text}))
    _answer(session, actor, meeting, found, Answer.TAKEN, "")


def decline(session: WriteSession, actor: Actor, meeting: Meeting, correction: UUID, declining: Declining) -> None:
    """Decline a correction; its State reads the reason."""
    report = queries.of(session, meeting, lock=True)
    rules.ANSWER.require(actor, queries.at(session, meeting))
    assert report
    _answer(session, actor, meeting, _unanswered(session, report, correction), Answer.DECLINED, declining.reason)


def adopt(session: WriteSession, actor: Actor, meeting: Meeting, *, revision: int) -> None:
    """Record that this revision was adopted: nothing changes any more. Raises Conflict while a correction waits."""
    report = _take_turn(session, actor, meeting, rules.ADOPT, revision)
    if queries.waits(session, report):
        raise Conflict(say("Some corrections are not answered yet. Take or decline each of them first."))
    report.stage, report.adopted_by, report.adopted_at = Stage.ADOPTED, actor.person, clock.now()
    happened = events.ReportAdopted(meeting.id, revision)
    journal.record(session, actor, happened, body=meeting.body_id)


def register_report(session: WriteSession, actor: Actor, meeting: Meeting, title: str, file: FileOf) -> Document:
    """Give the adopted report the next symbol of its series. `file` was made of the revision that was adopted."""
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
    made = register.register(session, actor, new)
    report.stage, report.document_id = Stage.REGISTERED, made.id
    happened = events.ReportRegistered(meeting.id, made.id)
    journal.record(session, actor, happened, body=meeting.body_id)
    return made


def _take_turn(
    session: WriteSession, actor: Actor, meeting: Meeting, permission: Permission[rules.At], revision: int
) -> Report:
    """Hold the report, ask, and insist that what is decided on is what was read. Raises Stale."""
    report = queries.of(session, meeting, lock=True)
    permission.require(actor, queries.at(session, meeting))
    assert report
    if report.revision != revision:
        raise Stale()
    return report


def _revise(
    session: WriteSession, actor: Actor, meeting: Meeting, report: Report, written: Sequence[Paragraph]
) -> None:
    _put(session, actor, report, written)
    happened = events.ReportRevised(meeting.id, report.revision)
    journal.record(session, actor, happened, body=meeting.body_id)


def _put(session: WriteSession, actor: Actor, report: Report, written: Sequence[Paragraph]) -> None:
    report.revision += 1
    session.add(
        ReportRevision(
            report_id=report.id,
            number=report.revision,
            paragraphs=paragraphs.kept(written),
            made_by=actor.person,
            made_at=clock.now(),
        )
    )
    session.flush()


def _one(revision: ReportRevision, key: str) -> Paragraph:
    found = next((each for each in paragraphs.read(revision.paragraphs) if each.key == key), None)
    if found is None:
        raise Unknown()
    return found


def _unanswered(session: WriteSession, report: Report, correction: UUID) -> ReportCorrection:
    found = queries.one_correction(session, report, correction, lock=True)
    if found.state != Answer.ASKED:
        raise Conflict(say("This correction was answered already."))
    return found


def _answer(
    session: WriteSession, actor: Actor, meeting: Meeting, found: ReportCorrection, answer: Answer, reason: str
) -> None:
    found.state, found.reason = answer, reason
    found.answered_by, found.answered_at = actor.person, clock.now()
    happened = events.CorrectionAnswered(meeting.id, found.id, answer)
    journal.record(session, actor, happened, body=meeting.body_id)
