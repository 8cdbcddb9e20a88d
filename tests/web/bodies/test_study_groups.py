"""A Sector Member submits to a study group under a Question, as a Member State does, and sees no other group."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from app.core.db import ReadSession
from app.core.errors import BadRequest
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import NewAccreditation
from app.domain.bodies.models import Body
from app.domain.body_proposals import actions as proposals
from app.domain.body_proposals.inputs import FirstSecretary
from app.domain.body_proposals.queries import get_proposal
from app.domain.contributions.actions import registration
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from app.domain.questions.actions import set_questions_required
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
CANARY = "Canary of a closed group"
Q6 = ("Q6/3",)
PAGES = (
    *("/", "/documents", "/documents?question=Q6%2F3", "/documents?words=Canary", "/documents.csv", "/meetings"),
    *("/search?q=Canary", "/topics", "/outputs", "/record", "/contributions", "/bodies", "/bodies/sg3", "/letters"),
)


def read_without_clock(browser: Browser, page: str) -> str:
    """A page, without the seconds that pass between two requests."""
    return re.sub(r'(data-left|datetime)="[^"]*"', "", browser.get(page).text)


def load_study_group(session: ReadSession) -> Body:
    return session.scalars(select(Body).where(Body.code == "sg3")).one()


def seat(world: World, who: str, capacity: str = "delegate") -> None:
    with world.acting("olga") as (session, actor):
        person = session.get_one(type(world.person(who)), world.person(who).id)
        new = NewAccreditation(
            person=person.id, capacity=capacity, from_on=date(2026, 1, 1), until_on=date(2099, 12, 31)
        )
        seats.accredit_person(session, actor, load_study_group(session), person, new)


@pytest.fixture
def study_group(world: World) -> Meeting:
    """A meeting of Study Group 3, which Olga serves, with Lantern Telecom and Kenya among its members."""
    with world.acting("ines") as (session, actor):
        first = FirstSecretary(person=world.person("olga").id, until_on=date(2099, 12, 31))
        proposal = proposals.propose_first_secretary(session, actor, load_study_group(session), first).id
    with world.acting("daniel") as (session, actor):
        proposals.confirm_proposal(session, actor, get_proposal(session, actor, proposal))
    seat(world, "chen")
    seat(world, "amina", "head_of_delegation")
    return world.meeting(number=1, body="sg3", by="olga")


def register(world: World, contribution: Contribution) -> Document:
    with world.acting("olga") as (session, actor):
        there = session.get_one(Contribution, contribution.id)
        return registration.register_contribution(session, actor, there, version=there.version)


def test_a_sector_member_submits_under_a_question_as_a_member_state_does(
    world: World, english: Open, study_group: Meeting
) -> None:
    for who, source in (("chen", "Lantern Telecom"), ("amina", "Kenya")):
        draft = world.draft(study_group, by=who, title=f"Peering, by {source}")
        browser = english(who)
        form = browser.get(f"/contributions/{draft.id}/edit").text
        assert "Q6/3 – International Internet fibre cables" in form
        cover = {"title": draft.title, "original": "en", "purpose": "discussion", "version": str(draft.version)}
        assert browser.post(f"/contributions/{draft.id}", cover | {"questions": "Q99/3"}).status_code == 400
        assert browser.post(f"/contributions/{draft.id}", cover | {"questions": "Q6/3"}).status_code == 303
        assert "Q6/3" in browser.get(f"/contributions/{draft.id}/check").text
    submitted = [world.submitted(study_group, by=who, title=f"By {who}", questions=Q6) for who in ("chen", "amina")]
    other = world.submitted(study_group, by="amina", title="Under another", questions=("Q7/3",))

    documents = [register(world, each) for each in (*submitted, other)]

    assert [each.symbol for each in documents] == ["SG3 1/1", "SG3 1/2", "SG3 1/3"]
    chen = english("chen")
    listed = chen.get("/documents?question=Q6%2F3").text
    assert "By chen" in listed
    assert "By amina" in listed
    assert "Under another" not in listed
    assert "Q6/3" in chen.get(f"/documents/{documents[0].id}").text


def test_the_page_of_a_group_leads_its_members_to_its_meetings_documents_and_questions(
    english: Open, study_group: Meeting
) -> None:
    links = (
        f'href="/meetings/{study_group.id}">SG3, meeting 1</a>',
        f'href="/meetings/{study_group.id}/documents"',
        'href="/documents?question=Q6/3"',
        'href="/outputs?group=sg3"',
        'href="/liaisons?group=sg3"',
    )
    for who in ("chen", "amina", "olga"):
        page = english(who).get("/bodies/sg3").text
        for link in links:
            assert link in page, (who, link)
    assert 'href="/people/sg3"' in english("olga").get("/bodies/sg3").text
    assert 'href="/people/sg3"' not in english("chen").get("/bodies/sg3").text
    assert "Contributions (C)" in english("chen").get("/bodies/sg3").text

    outside = english("rafael").get("/bodies/sg3").text  # a Member State knows of it, without a seat there
    assert "Q6/3" in outside
    for link in links:
        assert link not in outside


def test_a_group_that_requires_a_question_takes_no_contribution_without_one(world: World, study_group: Meeting) -> None:
    with world.acting("olga") as (session, actor):
        set_questions_required(session, actor, load_study_group(session), required=True)

    with pytest.raises(BadRequest, match="Select the Question"):
        world.submitted(study_group, by="chen")

    assert world.submitted(study_group, by="chen", questions=Q6).questions == ["Q6/3"]


def test_a_sector_member_sees_nothing_of_a_group_for_member_states(
    world: World, english: Open, study_group: Meeting
) -> None:
    """What another group does changes no byte of what they are shown."""
    register(world, world.submitted(study_group, by="chen", title="A text of Lantern", questions=Q6))
    chen = english("chen")
    before = {page: read_without_clock(chen, page) for page in PAGES}
    closed = world.meeting(opens_in=40, number=22)
    _, document = world.registered(closed, title=CANARY)
    world.item(closed)

    after = {page: read_without_clock(chen, page) for page in PAGES}

    assert [page for page in PAGES if before[page] != after[page]] == []
    for page in PAGES:
        assert "CWG-Internet" not in after[page], page
    assert "A text of Lantern" in after["/documents"]
    assert CANARY in english("amina").get("/documents").text
    for address in (f"/documents/{document.id}", f"/meetings/{closed.id}", "/bodies/cwg-internet"):
        assert chen.get(address).status_code == 404


def test_the_page_of_a_group_does_not_name_a_parent_that_the_reader_may_not_know(
    world: World, english: Open, study_group: Meeting
) -> None:
    assert study_group
    world.change_body("sg3", by="olga", parent=world.body().id)

    assert "CWG-Internet" in english("amina").get("/bodies/sg3").text
    assert "CWG-Internet" not in english("chen").get("/bodies/sg3").text


def test_the_secretariat_keeps_the_questions_of_its_group(english: Open, study_group: Meeting) -> None:
    olga, here = english("olga"), "/bodies/sg3/questions"
    new = {"code": "Q13/3", "title_en": "Measuring tariffs", "from_on": "2025-01-01", "until_on": "2028-12-31"}

    untitled = olga.post(here, new | {"title_en": ""})
    assert (untitled.status_code, 'href="#f-title_en"' in untitled.text) == (400, True)
    wrong_code = olga.post(here, new | {"code": "Q1"})
    assert (wrong_code.status_code, 'href="#f-code"' in wrong_code.text) == (400, True)
    assert "such as Q6/3" in wrong_code.text.partition('id="f-code-error"')[2].partition("</span>")[0]
    assert olga.post(here, new).status_code == 303
    assert "There is a Question with this code" in olga.post(here, new).text
    assert olga.post(here, new | {"code": "Q13/4"}).status_code == 400  # its page would be that of the other one
    assert olga.get(f"{here}/99999999999").status_code == 404
    assert olga.post(f"{here}/13", new | {"until_on": "2026-01-01", "code": ""}).status_code == 303

    assert "Measuring tariffs" in english("chen").get("/bodies/sg3").text
    assert english("chen").get(here).status_code == 403


def test_a_title_that_is_to_be_confirmed_is_shown_by_the_list_of_questions_alone(
    world: World, english: Open, study_group: Meeting
) -> None:
    olga, chen, here = english("olga"), english("chen"), "/bodies/sg3/questions"
    new = {"code": "Q13/3", "title_en": "Measuring tariffs", "from_on": "2025-01-01", "until_on": "2099-12-31"}
    draft = world.draft(study_group, by="chen")
    assert olga.post(here, new).status_code == 303

    assert 'Measuring tariffs</span> <span class="tag warn">To be confirmed' in chen.get("/bodies/sg3").text
    for page in (f"/contributions/{draft.id}/edit", "/documents"):
        assert "Q13/3" in chen.get(page).text
        assert "Measuring tariffs" not in chen.get(page).text

    assert olga.post(f"{here}/13", new | {"confirmed": ["en", "fr"]}).status_code == 303

    assert "Q13/3 – Measuring tariffs" in chen.get(f"/contributions/{draft.id}/edit").text
    assert "Q13/3 – Measuring tariffs" in chen.get("/documents").text
    listed = chen.get("/bodies/sg3").text
    assert "To be confirmed" not in listed.partition("Measuring tariffs")[2].partition("</li>")[0]
    assert 'value="fr" checked' not in olga.get(f"{here}/13").text  # there is no title in French
