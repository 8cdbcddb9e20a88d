"""Record what became of an expected report: received, declined, expected again, or overdue.

The row of the report is locked by who loads it.
"""

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import BadRequest, require_version
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event
from app.core.permissions import Actor
from app.domain.reporting_duties import events, queries, rules
from app.domain.reporting_duties.inputs import ReportAnswer, ReportRefusal
from app.domain.reporting_duties.models import ExpectedReport
from app.domain.reporting_duties.queries import DutyReport


def answer_report(
    session: WriteSession, actor: Actor, found: DutyReport, answer: ReportAnswer, *, version: int
) -> None:
    """Record a registered liaison statement of the organization as the report. Raises Stale, BadRequest."""
    rules.ANSWER.require(actor, queries.get_report_rule_subject(session, found))
    require_version(found.report.version, version)
    possible = queries.list_possible_answers(session, actor, found.duty)
    if answer.liaison not in {each.id for each in possible}:
        raise BadRequest(_("Select a registered liaison statement of this organization."))
    found.report.liaison_id = answer.liaison
    move_report(found.report, "answer")
    _record(session, actor, found, events.ReportAnswered(found.report.id, found.duty.organization, answer.liaison))


def decline_report(
    session: WriteSession, actor: Actor, found: DutyReport, refusal: ReportRefusal, *, version: int
) -> None:
    """Record that the organization said that it will not report, when, and why. Raises Stale, BadRequest."""
    rules.DECLINE.require(actor, queries.get_report_rule_subject(session, found))
    require_version(found.report.version, version)
    if refusal.declined_on > clock.now().date():
        raise BadRequest(_("The day is in the future. Enter the day on which the organization said so."))
    found.report.declined_on, found.report.because = refusal.declined_on, refusal.reason
    move_report(found.report, "decline")
    event = events.ReportDeclined(found.report.id, found.duty.organization, refusal.declined_on)
    _record(session, actor, found, event)


def reopen_report(session: WriteSession, actor: Actor, found: DutyReport, *, version: int) -> None:
    """Expect a report again that was recorded as received or declined. Raises Stale."""
    rules.REOPEN.require(actor, queries.get_report_rule_subject(session, found))
    require_version(found.report.version, version)
    found.report.liaison_id, found.report.declined_on, found.report.because = None, None, ""
    move_report(found.report, "reopen")
    _record(session, actor, found, events.ReportReopened(found.report.id, found.duty.organization))


def note_overdue_reports(session: WriteSession) -> int:
    """Record once of each report that it is overdue, so that the secretariat is notified; returns the number."""
    overdue = queries.list_reports_to_note(session)
    for found in overdue:
        event = events.ReportOverdue(found.report.id, found.duty.organization, found.report.due_on)
        _record(session, None, found, event)
    return len(overdue)


def _record(session: WriteSession, actor: Actor | None, found: DutyReport, event: Event) -> None:
    journal.record_event(session, actor, event, body=found.duty.body_id)


def move_report(report: ExpectedReport, move: str) -> None:
    """Carry out a move of the table, which the caller has checked."""
    before, after = rules.MOVES[move]
    assert report.state in before
    report.state = after
    report.version += 1
