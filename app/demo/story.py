"""The demo's data: a closed meeting with released outputs, and a coming one whose contributions are arriving.

It is created through the actions of the domain, by people with the necessary rights, each step at its own time, and in
one transaction. Nothing in it is the real position of any State.
"""

from sqlalchemy import select

from app.core import clock
from app.core.db import ReadSession, WriteSession
from app.core.i18n import DEFAULT_LANGUAGE
from app.demo import organization
from app.demo.builder import DemoStores, StoryBuilder, shift_clock_by_days
from app.demo.papers import DemoPapers, ingest_papers
from app.demo.reporting import create_duties
from app.demo.seating import create_people
from app.demo.task_force import convene_task_force, create_task_force
from app.demo.under_way import UnderWay
from app.domain.meetings.models import Meeting
from app.domain.organization_inboxes.actions import confirm_inbox, propose_inbox
from app.domain.organization_inboxes.inputs import NewInbox
from app.domain.organizations.actions import create_organization
from app.domain.organizations.inputs import NewOrganization
from app.domain.organizations.models import OrganizationKind

BODY_CODE, PARENT_CODE, STUDY_GROUP_CODE = "cwg-internet", "wg-wsis", "sg3"
# Days from now; negative in the past. The parent group's deadline for contributions passed before yesterday.
ROSTER, PAST_CALLED, PAST_OPENS, REPORTED, RELEASED = -300, -250, -180, -175, -160
CALLED, OPENS, WSIS_OPENS, STUDY_GROUP_OPENS = -60, 25, 10, 40


def has_any_meeting(session: ReadSession) -> bool:
    """Return whether there is any meeting, of the demo or created by a user."""
    return session.scalar(select(Meeting.id).limit(1)) is not None


def create_demo_story(session: WriteSession, stores: DemoStores, issuer: str, inbox: NewInbox | None = None) -> None:
    """Create all data of the demo in this transaction; the session carries the signers of all purposes. `inbox` is that
    of the organization that exchanges liaison statements by machine."""
    papers = DemoPapers.load()
    builder = StoryBuilder(session, stores, issuer, papers.place, ingest_papers(papers, stores.portal))
    with shift_clock_by_days(ROSTER):
        create_people(builder)
        task_force = create_task_force(builder, papers.task_force)
    past = builder.convene_meeting(BODY_CODE, 21, PAST_CALLED, PAST_OPENS, papers.agenda)
    builder.submit_contributions(past, papers.past)
    builder.hold_meeting(past, papers.outputs, papers.decisions, PAST_OPENS)
    builder.circulate_report(past, REPORTED)
    builder.release_outputs(papers.outputs, RELEASED)
    present = builder.convene_meeting(BODY_CODE, 22, CALLED, OPENS, papers.agenda)
    at_wsis = builder.convene_meeting(PARENT_CODE, 44, CALLED, WSIS_OPENS, papers.wsis.agenda)
    builder.convene_study_group(STUDY_GROUP_CODE, CALLED, STUDY_GROUP_OPENS)
    convene_task_force(builder, task_force, papers.task_force, CALLED, OPENS - CALLED)
    builder.forward_reports(papers.outputs, at_wsis, CALLED)
    builder.submit_contributions(at_wsis, papers.wsis.papers)
    builder.submit_contributions(present, papers.present)
    builder.register_participants(present)
    UnderWay(builder, papers.under_way).begin(present, at_wsis)
    if inbox:
        enter_organization(builder, inbox)
        create_duties(builder, BODY_CODE)


def enter_organization(builder: StoryBuilder, new: NewInbox) -> None:
    """Enter the organization that exchanges liaison statements by machine, with its key and its inbox."""
    session = builder.session
    entry = NewOrganization(
        code=organization.CODE,
        kind=OrganizationKind.TECHNICAL,
        en=organization.NAME,
        confirmed=(DEFAULT_LANGUAGE,),
        from_on=clock.now().date(),
    )
    with builder.act_as("ines") as secretary:
        row = create_organization(session, secretary, entry)
        inbox = propose_inbox(session, secretary, row, new)
    with builder.act_as("daniel") as second_secretary:
        confirm_inbox(session, second_secretary, inbox)
