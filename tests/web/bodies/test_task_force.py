"""The WSIS Task Force, made on pages by those who would make it: its people, a meeting, a document, focal points."""

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.domain.bodies.models import Appointment
from app.domain.line_focal_points.actions import confirm_focal_point, propose_focal_point
from app.domain.line_focal_points.inputs import NewLineFocalPoint
from app.domain.line_focal_points.models import LineFocalPoint
from app.domain.mandates.queries import get_action_line
from tests.browser import Browser
from tests.domain.test_body_proposals import decide, propose
from tests.world import World

Open = Callable[..., Browser]
TERM = {"from_on": "2026-01-01", "until_on": "2099-12-31"}
TITLE = "Who follows which action line"


def get_office_id(world: World, who: str) -> UUID:
    with transaction(world.read) as session:
        of_person = select(Appointment.id).where(Appointment.person_id == world.person(who).id)
        return session.scalars(of_person.order_by(Appointment.proposed_at.desc())).first()


@pytest.fixture
def task_force(world: World, english: Open) -> str:
    """The Task Force with Olga as secretary, Daniel as chair and Inés as a member, all by pages but its proposal."""
    made = propose(world, names={"en": "ITU WSIS Task Force"}, prefix="WSIS-TF", admits=["itu_staff"])
    decide(world, "daniel", made)
    olga, ines = english("olga"), english("ines")
    chair = {"person": str(world.person("daniel").id), "office": "chair"} | TERM
    assert olga.post("/people/wsis-tf/offices/propose", chair).status_code == 303

    proposal = f"/offices/{get_office_id(world, 'daniel')}"
    assert f'href="{proposal}"' in ines.get("/").text
    shown = ines.get(proposal).text
    for words in ("ITU WSIS Task Force", "Daniel", "chair", "Olga", "no second secretary yet"):
        assert words in shown
    assert english("daniel").get(proposal).status_code == 403  # the person concerned
    assert olga.get(proposal).status_code == 403
    answer = ines.post(f"{proposal}/confirm", {})
    assert answer.headers["Location"] == "/bodies/wsis-tf?done=confirmed"
    assert ines.get(proposal).status_code == 404

    member = {"person": str(world.person("ines").id), "capacity": "staff_member"} | TERM
    assert olga.post("/people/wsis-tf/accredit", member).status_code == 303
    return "/bodies/wsis-tf"


def register_document(world: World, english: Open) -> str:
    """Register a document of the secretariat for a meeting; the address of the meeting."""
    meeting = world.meeting(number=1, body="wsis-tf", by="olga")
    submitted = world.submitted_for(meeting, "ITU", by="olga", title=TITLE, series="INF")
    register = f"/contributions/{submitted.id}/register"
    assert english("ines").post(register, {"version": str(submitted.version)}).status_code in (403, 404)
    assert english("olga").post(register, {"version": str(submitted.version)}).status_code == 303
    return f"/meetings/{meeting.id}"


def test_the_task_force_meets_and_has_documents_that_no_member_of_itu_sees(
    world: World, english: Open, task_force: str
) -> None:
    meeting = register_document(world, english)

    for who in ("olga", "daniel", "ines"):
        page = english(who).get(f"{meeting}/documents").text
        assert "1/INF/1" in page, who
        assert TITLE in page, who
    assert english("daniel").get(f"{meeting}/agenda/edit").status_code == 200  # the chair
    assert english("ines").get(f"{meeting}/agenda/edit").status_code == 403  # a member
    for who in ("amina", "chen", "laurent"):
        browser = english(who)
        for address in (task_force, meeting, f"{meeting}/documents"):
            assert browser.get(address).status_code == 404, (who, address)
        for address in ("/", "/bodies", "/documents", f"/search?q={TITLE.split()[0]}", "/record"):
            answer = browser.get(address).text
            assert "WSIS-TF" not in answer, (who, address)
            assert TITLE not in answer, (who, address)


def test_no_state_is_missed_among_those_who_submit_to_it(world: World, english: Open, task_force: str) -> None:
    olga, of_states = english("olga"), world.meeting()
    meeting = register_document(world, english)
    assert "Not submitted yet" in english("laurent").get("/").text
    assert "Member States that have not submitted" in english("ines").get(f"/meetings/{of_states.id}/statistics").text

    assert "Not submitted yet" not in olga.get("/").text
    statistics = olga.get(f"{meeting}/statistics").text
    assert "Contributions" in statistics
    assert "Member States that have" not in statistics
    assert "D, Africa" not in statistics
    assert "Kenya" not in olga.get(f"{meeting}/statistics.csv").text


def test_its_page_names_the_focal_points_of_every_action_line(world: World, english: Open, task_force: str) -> None:
    office = {"person": str(world.person("olga").id), "office": "tsb"} | TERM
    assert english("ines").post("/people/cwg-internet/offices/propose", office).status_code == 303
    assert english("daniel").post(f"/offices/{get_office_id(world, 'olga')}/confirm", {}).status_code == 303
    with world.acting("ines") as (session, actor):
        new = NewLineFocalPoint(person=world.person("olga").id, from_on=date(2026, 1, 1), until_on=date(2099, 12, 31))
        proposed = propose_focal_point(session, actor, get_action_line(session, "C5"), new).id
    row = re.compile(r'href="/action-lines/C5".*?</tr>', re.DOTALL)
    assert "Olga" not in row.search(english("ines").get(task_force).text)[0]

    with world.acting("daniel") as (session, actor):
        confirm_focal_point(session, actor, session.get_one(LineFocalPoint, proposed))

    shown = row.search(english("ines").get(task_force).text)[0]
    assert "Olga" in shown
    assert "TSB" in shown or "Standardization" in shown
    assert "/action-lines/" not in english("ines").get("/bodies/cwg-internet").text
