"""What a delegation sees, shown to secretaries and chairs: what both may see, read only."""

import re
from collections.abc import Callable

import pytest

from app.web.views.documents.addresses import format_document_path
from tests.browser import Browser
from tests.world import PARENT, World

Open = Callable[..., Browser]
VIEW = "/delegation-view"


def list_addresses(browser: Browser, page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*href="([^"]+)"', browser.get(page).text)


def test_a_secretary_and_a_chair_see_what_the_delegation_sees(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.registered(meeting, title="Seen by both")
    world.agenda_released(meeting)

    for who in ("ines", "laurent"):
        page = english(who).get(f"{VIEW}?state=KEN").text
        assert "Documents as Kenya sees them" in page
        assert "This page shows what a delegate of Kenya sees" in page
        assert "Seen by both" in page
        of_meeting = english(who).get(f"{VIEW}/meetings/{meeting.id}?state=KEN").text
        assert "Seen by both" in of_meeting
        assert "This page shows what a delegate of Kenya sees" in of_meeting
    choice = english("ines").get(VIEW).text
    assert '<option value="KEN">Kenya</option>' in choice
    assert f'href="{VIEW}"' in english("laurent").get("/documents").text


def test_what_only_one_of_them_may_see_is_not_shown(world: World, english: Open) -> None:
    """A planned meeting is for secretariat and chair; and what the chair sees as a delegate elsewhere is not theirs to
    look at for another State."""
    planned, parent = world.planned(), world.parent_meeting()
    world.seat("amina", "delegate", body=PARENT)
    _made, document = world.registered(parent, title="Of the parent group")
    world.seat("laurent", "delegate", body=PARENT)
    laurent = english("laurent")
    assert laurent.get(f"/meetings/{planned.id}").status_code == 200
    address, shared = (
        format_document_path(each.id, each.symbol) for each in (document, world.registered(world.meeting())[1])
    )
    assert list_addresses(laurent, "/documents") == [shared, address]
    assert laurent.get(f"/meetings/{parent.id}").status_code == 200

    assert list_addresses(laurent, f"{VIEW}?state=KEN") == [shared]
    for meeting, status in ((planned, 404), (parent, 403)):
        assert laurent.get(f"{VIEW}/meetings/{meeting.id}?state=KEN").status_code == status
        assert str(meeting.id) not in laurent.get(f"{VIEW}?state=KEN").text


def test_drafts_and_submissions_of_the_delegation_are_not_shown(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.draft(meeting, title="A secret draft")
    world.submitted(meeting, title="Not registered")

    for address in (f"{VIEW}?state=KEN", f"{VIEW}/meetings/{meeting.id}?state=KEN"):
        page = english("ines").get(address).text
        assert "A secret draft" not in page
        assert "Not registered" not in page


@pytest.mark.parametrize("who", ["amina", "joseph", "chen", "olga"])
def test_others_do_not_see_it(world: World, english: Open, who: str) -> None:
    meeting = world.meeting()

    for address in (VIEW, f"{VIEW}?state=KEN", f"{VIEW}/meetings/{meeting.id}?state=KEN"):
        assert english(who).get(address).status_code in (403, 404)


def test_the_view_has_no_form_that_changes_anything(world: World, english: Open) -> None:
    meeting = world.meeting()
    world.registered(meeting)

    for address in (f"{VIEW}?state=KEN", f"{VIEW}/meetings/{meeting.id}?state=KEN"):
        main = english("ines").get(address).text.partition("<main")[2]
        assert 'method="post"' not in main
    for code in ("XXX", "ITU", "ken"):
        assert english("ines").get(f"{VIEW}?state={code}").status_code == 404
    assert english("ines").post(f"{VIEW}?state=KEN").status_code == 405
