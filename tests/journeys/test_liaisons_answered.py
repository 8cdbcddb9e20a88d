"""A liaison statement to a study group and, by machine, to an organization; answered by both, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from app.core.db import transaction
from app.domain.deliveries.queries import list_deliveries
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.settings import Settings
from tests import liaison_letters as letters
from tests.inbox_of_organization import InboxOfOrganization, open_inbox, run_courier
from tests.journeys.chromium import chromium, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.liaison_letters import IETF, enter_inbox
from tests.waiting import wait_until
from tests.world import World

STUDY_GROUP = "sg3"
TITLE = "On the security of routes"


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[InboxOfOrganization]:
    inbox = InboxOfOrganization(IETF)
    with open_inbox(inbox, tmp_path / "inbox"):
        yield inbox


@pytest.fixture
def settings(settings: Settings, inbox: InboxOfOrganization, tmp_path: Path) -> Iterator[Settings]:
    with run_courier(tmp_path / "inbox" / "authority.pem", f"localhost:{inbox.port}") as courier:
        yield settings.model_copy(update={"courier": courier})


def ask_both(world: World, meeting: Meeting) -> Output:
    """An approved liaison statement that asks the IETF and Study Group 3 for a reply."""
    to_both = (
        {"organization": "IETF", "wants": "reply", "reply_by": "2099-03-01"},
        {"body_id": str(world.body(STUDY_GROUP).id), "wants": "reply", "reply_by": "2099-03-01"},
    )
    return world.approved(meeting, kind="liaison", title=TITLE, addressees=to_both)


@needs_chromium
def test_a_liaison_statement_is_answered_by_a_study_group_and_an_organization(
    place: Place, inbox: InboxOfOrganization
) -> None:
    world: World = place.world
    enter_inbox(world, "IETF", IETF, inbox.address)
    meeting = world.meeting(opens_in=-1)
    for who, office in (("olga", "secretary"), ("laurent", "chair"), ("layla", "vice_chair"), ("daniel", "secretary")):
        world.seat(who, office, body=STUDY_GROUP)
    world.seat("ines", "secretary", body=STUDY_GROUP)
    world.works_in("en", body=STUDY_GROUP)
    there = world.meeting(opens_in=-1, number=1, body=STUDY_GROUP, by="olga")
    asked = ask_both(world, meeting)
    with chromium() as browser:
        ines, laurent, olga, amina = (
            Visit(browser, place.portal, who, scripts=False) for who in ("ines", "laurent", "olga", "amina")
        )
        ours = f"/outputs/{asked.id}"

        # Released, it arrives in the inbox of the organization and on the desk of the study group.
        ines.go(f"{ours}/let-out")
        ines.send(f"{ours}/let-out", when="now")
        wait_until(lambda: inbox.taken_in, within=90)
        wait_until(lambda: "A text was sent to your group" in olga.go("/").inner_text("main"), within=60)
        wait_until(lambda: amina.go(ours).inner_text("#deliveries").count("Delivered:") == 2, within=60)

        # The study group registers it: it is a liaison statement that awaits a reply, and is given to a person.
        olga.press("Read and decide")
        olga.press("Register for a meeting")
        olga.send("/receive", meeting=str(there.id))
        wait_until(lambda: TITLE in olga.go("/liaisons?show=waiting").inner_text("main"), within=60)
        olga.follow(f"main a:has-text('{TITLE}')")
        of_group = olga.page.url.removeprefix(place.portal)
        assert amina.go(of_group).locator(f"h1:has-text('{TITLE}')").count() == 0
        others = ({"words": "The members of the study group", "wants": "information"},)
        draft = world.output(there, kind="liaison", title="Reply of the study group", addressees=others)
        laurent.go(of_group)
        laurent.send("/reply", output=str(draft.id))
        expect(laurent.page.locator("main")).to_contain_text("Reply of the study group")

        # Its reply names what it answers: released, it closes the liaison statement and reaches our desk.
        assert "In reply to" in laurent.go(f"/outputs/{draft.id}").inner_text("main")
        world.both_approve(world.adopted(there, draft=draft))
        olga.go(f"/outputs/{draft.id}/let-out")
        olga.send(f"/outputs/{draft.id}/let-out", when="now")
        wait_until(lambda: "Answered" in olga.go(of_group).inner_text("main"), within=90)
        wait_until(lambda: "A text was sent to your group" in ines.go("/").inner_text("main"), within=60)
        with transaction(world.read) as session:
            (delivery,) = (each for each in list_deliveries(session, draft) if each.kind == "body")
        ines.go(f"/deliveries/{delivery.id}/receive")
        ines.send("/receive", meeting=str(meeting.id))

        # The organization answers by machine, and the secretariat registers what it sent.
        statement = inbox.requests[0]["letter"]["statement"]
        to_us = [{"organization": "ITU", "group": "CWG-Internet", "wants": "information"}]
        letter = letters.build_letter(letters.build_statement(in_reply_to=statement["id"], to=to_us))
        with httpx2.Client(base_url=place.portal) as program:
            assert letters.send(program, letter).status_code == 202
        ines.go("/liaisons?show=received")
        ines.follow("main a:has-text('Routing of the Internet')")
        by_machine = ines.page.url.removeprefix(place.portal)
        ines.press("Register at a meeting")
        ines.send("/register", meeting=str(meeting.id))

        # A delegate reads both answers, each with the statement that it replies to.
        wait_until(lambda: "Reply of the study group" in amina.go("/liaisons").inner_text("main"), within=60)
        for subject in ("Reply of the study group", "Routing of the Internet"):
            amina.go("/liaisons")
            amina.follow(f"main a:has-text('{subject}')")
            facts = amina.page.locator("main dl div:has(dt:has-text('Replies to'))")
            expect(facts.locator(f"a[href='{ours}']")).to_have_count(1)
        for language in ("en", "ar"):
            for wide in (1280, 390):
                amina.page.set_viewport_size({"width": wide, "height": 900})
                amina.go(f"{by_machine}?lang={language}")
                assert not is_wider_than_its_window(amina.page)
        assert len(inbox.taken_in) == 1
