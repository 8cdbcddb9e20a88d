"""Add, change and end reporting duties, and open the reports that are expected by them."""

from datetime import date

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession
from app.core.errors import BadRequest, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.mandates.queries import list_citable_texts
from app.domain.organizations.inputs import OrganizationFilter
from app.domain.organizations.queries import list_organizations
from app.domain.reporting_duties import events, queries, rules
from app.domain.reporting_duties.actions.reports import move_report
from app.domain.reporting_duties.inputs import DutyContent, DutyEnd, NewDuty
from app.domain.reporting_duties.models import ExpectedReport, ExpectedReportState, ReportingDuty


def add_duty(session: WriteSession, actor: Actor, body: Body, new: NewDuty) -> ReportingDuty:
    """Add a duty of an organization to report to a body. Raises BadRequest for an organization or a clause that cannot
    be chosen, for a second duty under the same clause, and for a report that is due before the first day."""
    rules.ADD.require(actor, rules.DutyRuleSubject(body.id))
    _require_choices(session, body, new)
    if new.next_due_on < new.from_on:
        raise BadRequest(_("The first report is due before the first day of the duty."))
    duty = ReportingDuty(
        body_id=body.id,
        organization=new.organization,
        clause=new.clause,
        every_months=new.every_months,
        next_due_on=new.next_due_on,
        from_on=new.from_on,
        basis=new.basis or "",
    )
    session.add(duty)
    session.flush()
    event = events.DutyAdded(duty.id, duty.organization, duty.next_due_on)
    journal.record_event(session, actor, event, body=body.id)
    return duty


def _require_choices(session: ReadSession, body: Body, new: NewDuty) -> None:
    """Raise BadRequest unless organization and clause can be chosen and are of no other duty."""
    in_force = list_organizations(session, OrganizationFilter(force="in-force"), clock.now().date())
    if new.organization not in {each.code for each in in_force}:
        raise BadRequest(_("Select an organization of the register that is in force."))
    cited = list_citable_texts(session, {new.clause})
    if not cited or cited[0].is_retired:
        raise BadRequest(_("Select a mandate or a clause that can be cited."))
    same = select(ReportingDuty.id).where(
        ReportingDuty.body_id == body.id,
        ReportingDuty.organization == new.organization,
        ReportingDuty.clause == new.clause,
        ReportingDuty.until_on.is_(None),
    )
    if session.scalar(same):
        raise BadRequest(_("This organization already reports under this clause. Change that duty."))


def change_duty(
    session: WriteSession, actor: Actor, duty: ReportingDuty, content: DutyContent, *, version: int
) -> None:
    """Change how often an organization reports and when next; what was asked already remains. Raises Stale;
    BadRequest if a report was already asked for by that day or a later one."""
    rules.CHANGE.require(actor, queries.build_duty_rule_subject(duty))
    require_version(duty.version, version)
    asked = [each.due_on for each in queries.list_reports_of_duty(session, duty)]
    if asked and content.next_due_on <= max(asked):
        raise BadRequest(_("A report was already asked for by this day or a later one. Enter a later day."))
    if content.next_due_on < duty.from_on:
        raise BadRequest(_("The first report is due before the first day of the duty."))
    event = events.DutyChanged(duty.id, duty.organization, content.next_due_on, duty.next_due_on)
    duty.every_months, duty.next_due_on, duty.basis = content.every_months, content.next_due_on, content.basis or ""
    duty.version += 1
    journal.record_event(session, actor, event, body=duty.body_id)


def end_duty(session: WriteSession, actor: Actor, duty: ReportingDuty, end: DutyEnd, *, version: int) -> None:
    """End a duty. Reports that are due after its last day are no longer expected. Raises Stale, BadRequest."""
    rules.END.require(actor, queries.build_duty_rule_subject(duty))
    require_version(duty.version, version)
    if end.until_on < duty.from_on:
        raise BadRequest(_("The last day is before the first day."))
    reports = queries.list_reports_of_duty(session, duty, lock=True)
    duty.until_on = end.until_on
    duty.version += 1
    journal.record_event(session, actor, events.DutyEnded(duty.id, duty.organization, end.until_on), body=duty.body_id)
    for report in reports:
        if report.state == ExpectedReportState.ASKED and report.due_on > end.until_on:
            move_report(report, "drop")
            event = events.ReportDropped(report.id, duty.organization)
            journal.record_event(session, actor, event, body=duty.body_id)


def open_expected_reports(session: WriteSession) -> int:
    """Open the expected report of each period that has begun, as an act of the system; returns their number.

    Idempotent: the duties are locked, and each report that is opened moves the day of the next one.
    """
    today = clock.now().date()
    return sum(_open_reports_of(session, duty, today) for duty in queries.lock_duties_in_force(session, today))


def _open_reports_of(session: WriteSession, duty: ReportingDuty, today: date) -> int:
    opened = 0
    while queries.is_period_begun(duty, today):
        report = ExpectedReport(duty_id=duty.id, due_on=duty.next_due_on, asked_at=clock.now())
        session.add(report)
        duty.next_due_on = rules.add_months(duty.next_due_on, duty.every_months)
        session.flush()
        event = events.ReportAsked(report.id, duty.organization, report.due_on)
        journal.record_event(session, None, event, body=duty.body_id)
        opened += 1
    return opened
