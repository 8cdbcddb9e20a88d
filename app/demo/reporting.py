"""Reports of invented organizations in the demo: one that is overdue, one that will not come, and what is public."""

from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.i18n import DEFAULT_LANGUAGE
from app.demo import organization
from app.demo.builder import StoryBuilder
from app.domain.bodies.models import Body
from app.domain.organizations.actions import create_organization
from app.domain.organizations.inputs import NewOrganization
from app.domain.organizations.models import OrganizationKind
from app.domain.reporting_duties import queries
from app.domain.reporting_duties.actions.duties import add_duty, open_expected_reports
from app.domain.reporting_duties.actions.publications import confirm_publication, propose_publication
from app.domain.reporting_duties.actions.reports import decline_report
from app.domain.reporting_duties.inputs import NewDuty, ReportRefusal
from app.domain.reporting_duties.models import ReportingDuty
from app.domain.reporting_duties.queries import DutyReport

CODE, NAME = "RURAL-NETWORKS", "Institute for Rural Networks"
CLAUSE = "tunis-71"
BEGINS, FIRST_OVERDUE, FIRST_COMING = -600, -405, 60
"""Days from now on which the duties began, and on which the first report of each of the two is due; one a year."""


def create_duties(builder: StoryBuilder, body_code: str) -> None:
    """Add the duties of two organizations, one of which is overdue and whose reports are public. The organization that
    exchanges liaison statements by machine is in the register already."""
    body = builder.session.scalars(select(Body).where(Body.code == body_code)).one()
    with builder.act_as("ines") as secretary:
        entry = NewOrganization(code=CODE, kind=OrganizationKind.TECHNICAL, en=NAME, confirmed=(DEFAULT_LANGUAGE,))
        create_organization(builder.session, secretary, entry)
    _add_duty(builder, body, CODE, FIRST_COMING)
    public = _add_duty(builder, body, organization.CODE, FIRST_OVERDUE)
    open_expected_reports(builder.session)
    _decline_first(builder, public)
    with builder.act_as("ines") as secretary:
        propose_publication(builder.session, secretary, public)
    with builder.act_as("daniel") as second_secretary:
        confirm_publication(builder.session, second_secretary, public)


def _add_duty(builder: StoryBuilder, body: Body, code: str, first_due: int) -> ReportingDuty:
    today = clock.now().date()
    new = NewDuty(
        organization=code,
        clause=CLAUSE,
        every_months=12,
        next_due_on=today + timedelta(days=first_due),
        from_on=today + timedelta(days=BEGINS),
        basis="Invented for the demo",
    )
    with builder.act_as("ines") as secretary:
        return add_duty(builder.session, secretary, body, new)


def _decline_first(builder: StoryBuilder, duty: ReportingDuty) -> None:
    """Record that the organization said that the first report of a duty will not come."""
    first = queries.list_reports_of_duty(builder.session, duty)[-1]
    refusal = ReportRefusal(declined_on=first.due_on - timedelta(days=5), reason="It was founded in that year.")
    with builder.act_as("ines") as secretary:
        decline_report(builder.session, secretary, DutyReport(first, duty), refusal, version=first.version)
