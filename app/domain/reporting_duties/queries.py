"""Queries for reporting duties and expected reports. Everybody with a seat in the body sees them."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from app.core import clock
from app.core.database.clock_parameters import build_day_parameter
from app.core.db import LocalizedText, ReadSession, add_row_lock
from app.core.errors import NotFound
from app.core.i18n import LANGUAGES
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.queries.seats import build_ended_condition
from app.domain.bodies.rules import CHAIRS
from app.domain.liaisons.models import Liaison
from app.domain.liaisons.queries import list_visible_liaisons
from app.domain.liaisons.rules import SHOWN_TO_DELEGATIONS
from app.domain.mandates.queries import list_citable_texts
from app.domain.mandates.rules import format_citation
from app.domain.organizations.models import Organization
from app.domain.releases.queries.released_duties import PublicDuty, PublicReport
from app.domain.reporting_duties.events import ReportOverdue
from app.domain.reporting_duties.inputs import ReportFilter
from app.domain.reporting_duties.models import (
    DutyPublication,
    ExpectedReport,
    ExpectedReportState,
    ReportingDuty,
    ReportRequest,
    ReportRequestEmail,
)
from app.domain.reporting_duties.rules import (
    DutyRuleSubject,
    ExpectedReportRuleSubject,
    PublicationRuleSubject,
    PublicationState,
    find_first_day,
)

IS_ASKED = ExpectedReport.state == ExpectedReportState.ASKED
NOTED_FOR = timedelta(days=366)
"""Time after its day in which an overdue report is noted: those of long ago are no news."""


@dataclass(frozen=True, slots=True)
class DutyReport:
    """An expected report with its duty."""

    report: ExpectedReport
    duty: ReportingDuty


def list_visible_duties(actor: Actor) -> Select[ReportingDuty]:
    """Select the duties to report to bodies in which the actor has a seat."""
    return select(ReportingDuty).where(ReportingDuty.body_id.in_(actor.bodies_with_role()))


def get_visible_duty(session: ReadSession, actor: Actor, duty_id: UUID, *, lock: bool = False) -> ReportingDuty:
    """Return a duty that the actor may see; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = list_visible_duties(actor).where(ReportingDuty.id == duty_id)
    duty = session.scalar(add_row_lock(statement) if lock else statement)
    if duty is None:
        raise NotFound()
    return duty


def list_visible_reports(actor: Actor) -> Select[ExpectedReport]:
    """Select the reports that are expected by bodies in which the actor has a seat."""
    duties = list_visible_duties(actor).with_only_columns(ReportingDuty.id)
    return select(ExpectedReport).where(ExpectedReport.duty_id.in_(duties))


def get_visible_report(session: ReadSession, actor: Actor, report_id: UUID, *, lock: bool = False) -> DutyReport:
    """Return an expected report that the actor may see, with its duty; with `lock`, the report is locked until the
    transaction ends. Raises NotFound."""
    statement = list_visible_reports(actor).where(ExpectedReport.id == report_id)
    report = session.scalar(add_row_lock(statement) if lock else statement)
    if report is None:
        raise NotFound()
    return DutyReport(report, session.get_one(ReportingDuty, report.duty_id))


def build_duty_rule_subject(duty: ReportingDuty) -> DutyRuleSubject:
    """Return a duty with the facts that the rules need."""
    return DutyRuleSubject(duty.body_id, duty.until_on is not None)


def get_report_rule_subject(session: ReadSession, found: DutyReport) -> ExpectedReportRuleSubject:
    """Return an expected report with the facts that the rules need."""
    organization = session.get_one(Organization, found.duty.organization)
    return ExpectedReportRuleSubject(found.duty.body_id, found.report.state, bool(organization.address))


def list_report_rows(
    session: ReadSession, actor: Actor, filters: ReportFilter
) -> Sequence[Row[ReportingDuty, ExpectedReport | None, str]]:
    """List the duties that an actor may see, each with its expected reports and the prefix of its body, by organization
    and day. A report that is no longer expected is left out."""
    is_its_report = and_(
        ExpectedReport.duty_id == ReportingDuty.id, ExpectedReport.state != ExpectedReportState.DROPPED
    )
    statement = (
        list_visible_duties(actor)
        .join(Body, Body.id == ReportingDuty.body_id)
        .outerjoin(ExpectedReport, is_its_report)
        .add_columns(ExpectedReport, Body.prefix)
        .where(*_list_conditions(filters))
    )
    order = ReportingDuty.organization, Body.prefix, ReportingDuty.clause, ExpectedReport.due_on, ReportingDuty.id
    return session.execute(statement.order_by(*order)).all()


def _list_conditions(filters: ReportFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.group:
        conditions.append(Body.code == filters.group)
    if filters.show:
        conditions.append(IS_ASKED)
    if filters.show == "overdue":
        conditions.append(build_day_parameter() > ExpectedReport.due_on)
    return conditions


def list_reports_of_duty(session: ReadSession, duty: ReportingDuty, *, lock: bool = False) -> Sequence[ExpectedReport]:
    """List the expected reports of a duty, the latest first; with `lock`, locked until the transaction ends."""
    of_duty = select(ExpectedReport).where(ExpectedReport.duty_id == duty.id)
    statement = of_duty.order_by(ExpectedReport.due_on.desc())
    return session.scalars(add_row_lock(statement) if lock else statement).all()


def list_possible_answers(session: ReadSession, actor: Actor, duty: ReportingDuty) -> Sequence[Liaison]:
    """List the registered liaison statements of the organization to the body, the latest first."""
    statement = list_visible_liaisons(actor).where(
        Liaison.body_id == duty.body_id,
        Liaison.organization == duty.organization,
        Liaison.state.in_(SHOWN_TO_DELEGATIONS),
    )
    return session.scalars(statement.order_by(Liaison.received_at.desc(), Liaison.id)).all()


def list_requests(session: ReadSession, report: ExpectedReport) -> Sequence[Row[ReportRequest, ReportRequestEmail]]:
    """List the requests for a report with their e-mails, the latest first."""
    statement = select(ReportRequest, ReportRequestEmail).join(
        ReportRequestEmail, ReportRequestEmail.request_id == ReportRequest.id
    )
    of_report = statement.where(ReportRequest.expected_report_id == report.id)
    return session.execute(of_report.order_by(ReportRequest.requested_at.desc(), ReportRequest.id)).all()


def lock_duties_in_force(session: ReadSession, today: date) -> Sequence[ReportingDuty]:
    """List the duties that have begun and not ended, to bodies that have not ended either, locked until the transaction
    ends. For the worker."""
    in_force = (
        select(ReportingDuty)
        .join(Body, Body.id == ReportingDuty.body_id)
        .where(
            ReportingDuty.from_on <= today,
            or_(ReportingDuty.until_on.is_(None), ReportingDuty.until_on >= today),
            ~build_ended_condition(today),
        )
        .order_by(ReportingDuty.id)
    )
    return session.scalars(add_row_lock(in_force, only=ReportingDuty)).all()


def is_period_begun(duty: ReportingDuty, today: date) -> bool:
    """Return whether the period of the next report of a duty has begun, and the report is due while the duty lasts."""
    has_begun = find_first_day(duty.next_due_on, duty.every_months) <= today
    return has_begun and (duty.until_on is None or duty.next_due_on <= duty.until_on)


def list_reports_to_note(session: ReadSession) -> Sequence[DutyReport]:
    """List the expected reports of all bodies that are overdue and were not noted as such. For the worker."""
    today = clock.now().date()
    facts = func.jsonb_build_object("expected_report", cast(ExpectedReport.id, String), type_=JSONB)
    noted = exists().where(JournalLine.event == ReportOverdue.name, JournalLine.facts.contains(facts))
    statement = (
        select(ExpectedReport, ReportingDuty)
        .join(ReportingDuty, ReportingDuty.id == ExpectedReport.duty_id)
        .where(IS_ASKED, ExpectedReport.due_on < today, ExpectedReport.due_on > today - NOTED_FOR, ~noted)
    )
    return [DutyReport(*row) for row in session.execute(statement.order_by(ExpectedReport.id))]


def find_current_publication(session: ReadSession, duty: ReportingDuty) -> DutyPublication | None:
    """Find the publication of a duty that was proposed or is in force; None if there is none."""
    current = select(DutyPublication).where(DutyPublication.duty_id == duty.id, DutyPublication.ended_at.is_(None))
    return session.scalar(current)


def find_last_ended_publication(session: ReadSession, duty: ReportingDuty) -> DutyPublication | None:
    """Find the publication of a duty that was declined or ended last; None if there is none."""
    ended = select(DutyPublication).where(DutyPublication.duty_id == duty.id, DutyPublication.ended_at.is_not(None))
    return session.scalars(ended.order_by(DutyPublication.ended_at.desc(), DutyPublication.id).limit(1)).first()


def build_publication_rule_subject(duty: ReportingDuty, current: DutyPublication | None) -> PublicationRuleSubject:
    """Return a duty and its current publication with the facts that the rules need."""
    if current is None:
        return PublicationRuleSubject(duty.body_id)
    state = PublicationState.PROPOSED if current.confirmed_at is None else PublicationState.PUBLIC
    return PublicationRuleSubject(duty.body_id, current.proposed_by, state)


def select_publications_to_confirm(actor: Actor) -> Select[DutyPublication, ReportingDuty]:
    """Select the publications that the actor could confirm, with their duties, the oldest first."""
    return (
        select(DutyPublication, ReportingDuty)
        .join(ReportingDuty, ReportingDuty.id == DutyPublication.duty_id)
        .where(
            ReportingDuty.body_id.in_(actor.bodies_with_role(Office.SECRETARY, *CHAIRS)),
            DutyPublication.confirmed_at.is_(None),
            DutyPublication.ended_at.is_(None),
            DutyPublication.proposed_by != actor.person,
        )
        .order_by(DutyPublication.proposed_at, DutyPublication.id)
    )


def list_public_duties(session: ReadSession) -> Sequence[PublicDuty]:
    """List what is shown to the public: the duties whose publication is in force, with confirmed names alone. For the
    worker."""
    in_force = DutyPublication.confirmed_at.is_not(None) & DutyPublication.ended_at.is_(None)
    statement = (
        select(ReportingDuty, Organization, Body.prefix)
        .join(DutyPublication, DutyPublication.duty_id == ReportingDuty.id)
        .join(Organization, Organization.code == ReportingDuty.organization)
        .join(Body, Body.id == ReportingDuty.body_id)
        .where(in_force)
        .order_by(ReportingDuty.id)
    )
    rows = session.execute(statement).all()
    clauses = _name_clauses(session, {duty.clause for duty, *_ in rows})
    reports = _list_public_reports(session, [duty.id for duty, *_ in rows])
    return [
        PublicDuty(
            duty.id,
            organization.code,
            {language: organization.names[language] for language in organization.confirmed},
            prefix,
            duty.clause,
            clauses.get(duty.clause, {}),
            reports.get(duty.id, ()),
        )
        for duty, organization, prefix in rows
    ]


def list_duties_public_since(session: ReadSession, moment: datetime) -> Set[UUID]:
    """List the ids of the duties that are public, or were after this moment."""
    lasted = or_(DutyPublication.ended_at.is_(None), DutyPublication.ended_at > moment)
    public = select(DutyPublication.duty_id).where(DutyPublication.confirmed_at.is_not(None), lasted)
    return set(session.scalars(public))


def _name_clauses(session: ReadSession, codes: set[str]) -> Mapping[str, LocalizedText]:
    """Name clauses by their codes, in all languages."""
    return {
        text.code: {language: format_citation(text.mandate, text.clause).translate(language) for language in LANGUAGES}
        for text in (list_citable_texts(session, codes) if codes else ())
    }


def _list_public_reports(session: ReadSession, duties: Sequence[UUID]) -> Mapping[UUID, Sequence[PublicReport]]:
    """List the reports of these duties that are shown, by duty: none that is no longer expected."""
    shown = ExpectedReport.duty_id.in_(duties), ExpectedReport.state != ExpectedReportState.DROPPED
    found: dict[UUID, list[PublicReport]] = {}
    for report in session.scalars(select(ExpectedReport).where(*shown).order_by(ExpectedReport.due_on)):
        of_duty = found.setdefault(report.duty_id, [])
        of_duty.append(PublicReport(report.due_on, report.state, report.declined_on))
    return found
