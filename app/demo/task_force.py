"""The WSIS Task Force in the demo: a group of the staff of ITU that two secretaries made, its meeting and document."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from app.core import clock
from app.demo.builder import GRACE_PERIOD, MEETING_LENGTH, TIME_ZONE, StoryBuilder, shift_clock_by_days
from app.demo.extras import TASK_FORCE_FIRST_SECRETARY, TASK_FORCE_MEMBERS, TASK_FORCE_OFFICES
from app.demo.papers import DemoTaskForce, DemoTaskForcePaper
from app.demo.seating import TERM, appoint_officer
from app.domain.agendas.actions import allocation, release
from app.domain.agendas.inputs import NewAgendaRelease
from app.domain.agendas.queries import agenda_drafts
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import NewAccreditation
from app.domain.bodies.models import Body, Capacity
from app.domain.body_proposals.actions import confirm_proposal, propose_body
from app.domain.body_proposals.inputs import FirstSecretary, NewBody
from app.domain.contributions.actions import drafting, registration
from app.domain.contributions.inputs import SECRETARIAT_ENTITY, ContributionCover
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.models import Document
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import Person
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting

SECRETARY, CHAIR = "daniel", "olga"


def convene_task_force(builder: StoryBuilder, body: Body, content: DemoTaskForce, called: int, opens: int) -> None:
    """Convene the first meeting of the Task Force with a document, as its secretary, and release its agenda as its
    chair."""
    with shift_clock_by_days(called):
        meeting = _convene_meeting(builder, body, content, opens)
        documents = [_register_paper(builder, meeting, paper) for paper in content.papers]
    with shift_clock_by_days(called, hours=1), builder.act_as(CHAIR) as chair:
        items = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(builder.session, meeting))
        for paper, document in zip(content.papers, documents, strict=True):
            item, version = items[paper.item - 1][0], meeting.agenda_version
            allocation.allocate_document(builder.session, chair, meeting, document, item, version=version)
        release.release_agenda(builder.session, chair, meeting, NewAgendaRelease(), version=meeting.agenda_version)


def create_task_force(builder: StoryBuilder, content: DemoTaskForce) -> Body:
    """Propose and confirm the group with its first secretary; its secretaries then give it its other people."""
    session, today = builder.session, clock.now().date()
    new = NewBody(
        prefix=content.prefix,
        names=content.names,
        legal_basis=content.legal_basis,
        admission_words={},
        admits=[MembershipCategory.ITU_STAFF],
        silence_hours=72,
        languages=[],
        deadline_days=7,
        posting_days=7,
        proposal_days=7,
        registration_days=7,
        largest_file=100,
    )
    first = FirstSecretary(person=builder.people[TASK_FORCE_FIRST_SECRETARY], until_on=today + TERM)
    with builder.act_as("ines") as secretary:
        proposal = propose_body(session, secretary, new, first)
    with builder.act_as("daniel") as secretary:
        body = confirm_proposal(session, secretary, proposal)
    for key, office, by, confirmed_by in TASK_FORCE_OFFICES:
        appoint_officer(builder, body, key, office, by=by, confirmed_by=confirmed_by)
    _accredit_members(builder, body, TASK_FORCE_MEMBERS)
    return body


def _accredit_members(builder: StoryBuilder, body: Body, members: Sequence[str]) -> None:
    today = clock.now().date()
    with builder.act_as(SECRETARY) as secretary:
        for key in members:
            person = builder.session.get_one(Person, builder.people[key])
            new = NewAccreditation(
                person=person.id, capacity=Capacity.STAFF_MEMBER, from_on=today, until_on=today + TERM
            )
            seats.accredit_person(builder.session, secretary, body, person, new)


def _convene_meeting(builder: StoryBuilder, body: Body, content: DemoTaskForce, opens: int) -> Meeting:
    opens_on = clock.now().date() + timedelta(days=opens)
    new = NewMeeting(
        number=1, place=builder.place["en"], zone=TIME_ZONE, opens_on=opens_on, closes_on=opens_on + MEETING_LENGTH
    )
    with builder.act_as(SECRETARY) as secretary:
        meeting = meetings.convene_meeting(builder.session, secretary, body, new, "en")
        for titles in content.agenda:
            builder.add_item(secretary, meeting, titles)
    return meeting


def _register_paper(builder: StoryBuilder, meeting: Meeting, paper: DemoTaskForcePaper) -> Document:
    """Draft, submit and register a document of the secretariat."""
    session = builder.session
    cover = ContributionCover(
        title=paper.texts[paper.original].title,
        original=paper.original,
        purpose=paper.purpose,
        abstract=paper.abstract,
        mandates=paper.mandates,
        action_lines=paper.action_lines,
    )
    with builder.act_as(SECRETARY) as secretary:
        draft = drafting.create_draft_contribution(
            session, secretary, meeting, cover, key=uuid4(), entity=SECRETARIAT_ENTITY, series=paper.series
        )
        for language in paper.texts:
            file = builder.files[paper.key, language]
            drafting.put_contribution_file(session, secretary, draft, file, began_at=clock.now())
        submission = load_submission(session, draft)
        drafting.submit_contribution(
            session, secretary, submission, version=draft.version, grace=GRACE_PERIOD, accepts_lateness=True
        )
        return registration.register_contribution(session, secretary, draft, version=draft.version)
