"""How many clicks the work of the secretariat and of the chair takes, counted in a real browser.

Each number is the most that the job may take. Typing is not counted, nor is the sign-in. The minimal contribution of a
delegate is counted in `test_submission.py`.
"""

import pytest
from playwright.sync_api import expect

from app.domain.reports.models import ReportStage
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.clicks import Clicks
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit

pytestmark = needs_chromium
ITEMS = 20


def test_the_queue_is_registered_one_after_the_other(place: Place) -> None:
    """One click each: the page after a registration is that of the next."""
    meeting = place.world.meeting(number=22)
    titles = ["Costs of transit", "Repair times", "Local scripts"]
    for title in titles:
        place.world.submitted(meeting, title=title)
    with chromium() as browser:
        page = Visit(browser, place.portal, "ines", scripts=False).page
        clicks = Clicks(page)
        clicks.follow(page.locator("a[href$='/register']").first)
        for title in titles:
            expect(page.locator("main")).to_contain_text(title)
            clicks.press("Register and next")
        expect(page.locator("main")).not_to_contain_text("Check and register")

    assert clicks.count == len(titles) + 1


def test_two_clicks_from_the_desk_register_all_without_findings(place: Place) -> None:
    meeting = place.world.meeting(number=22)
    for number in range(12):
        place.world.submitted(meeting, title=f"Paper {number}")
    with chromium() as browser:
        page = Visit(browser, place.portal, "ines", scripts=False).page
        clicks = Clicks(page)
        clicks.press("Register all 12 without findings")
        clicks.press("Register 12 contributions")
        expect(page.locator("main")).to_contain_text("12 contributions have been numbered")

    assert clicks.count == 2


def test_a_contribution_is_returned_with_a_usual_reason(place: Place) -> None:
    place.world.submitted(place.world.meeting(number=22), title="Costs of transit")
    with chromium() as browser:
        page = Visit(browser, place.portal, "ines", scripts=False).page
        clicks = Clicks(page)
        clicks.follow(page.locator("a[href$='/return']").first)
        clicks.follow(page.locator("button[name=because]").first)
        expect(page.locator("[name=reason]")).not_to_be_empty()
        clicks.press("Return the contribution")
        expect(page.locator("main")).to_contain_text("returned")

    assert clicks.count == 3


def test_one_click_saves_the_minutes_of_twenty_items(place: Place) -> None:
    meeting = place.world.meeting(number=22)
    for number in range(ITEMS):
        place.world.item(meeting, f"Item {number}")
    with chromium() as browser:
        page = Visit(browser, place.portal, "laurent", scripts=False).go(f"/meetings/{meeting.id}/agenda/edit")
        clicks = Clicks(page)
        for field in page.locator("[name^='m-']").all():
            field.fill("15")
        clicks.press("Save")
        assert [each.input_value() for each in page.locator("[name^='m-']").all()] == ["15"] * ITEMS

    assert clicks.count == 1


def test_one_click_adds_an_item_with_its_minutes_and_its_session(place: Place) -> None:
    meeting = place.world.meeting(number=22)
    place.world.session_of(meeting)
    place.world.item(meeting, "Opening")
    with chromium() as browser:
        page = Visit(browser, place.portal, "laurent", scripts=False).go(f"/meetings/{meeting.id}/agenda/edit")
        clicks = Clicks(page)
        page.fill("[name=title]", "Costs of transit")
        page.fill("[name=minutes]", "45")
        page.select_option("[name=session]", index=1)
        clicks.press("Add the item")
        expect(page.locator(".eitems > li", has_text="Costs of transit").locator("[name^='m-']")).to_have_value("45")
        expect(page.locator(".eitems > li", has_text="Costs of transit").locator("[name^='s-']")).to_have_value("1")

    assert clicks.count == 1


def test_one_click_allocates_what_delegations_requested(place: Place) -> None:
    world, meeting = place.world, place.world.meeting(number=22)
    item = world.item(meeting, "Costs")
    world.agenda_released(meeting)
    for number in range(3):
        world.registered(meeting, title=f"Paper {number}", item=item.id)
    with chromium() as browser:
        page = Visit(browser, place.portal, "laurent", scripts=False).go(f"/meetings/{meeting.id}/agenda/edit")
        clicks = Clicks(page)
        clicks.press("Allocate all as requested (3)")
        expect(page.locator(".edoc")).to_have_count(3)

    assert clicks.count == 1


def test_two_clicks_release_the_agenda(place: Place) -> None:
    meeting = place.world.meeting(number=22)
    place.world.item(meeting, "Opening")
    with chromium() as browser:
        page = Visit(browser, place.portal, "laurent", scripts=False).go(f"/meetings/{meeting.id}/agenda/edit")
        clicks = Clicks(page)
        clicks.press("Release…")
        clicks.follow(page.locator("main form[action$='/agenda/release'] button.button").first)
        expect(page.locator("main")).to_contain_text("The agenda has been released.")

    assert clicks.count == 2


def test_two_clicks_from_the_desk_answer_a_correction(place: Place) -> None:
    world, meeting = place.world, place.world.meeting(number=22)
    world.reported(meeting, ReportStage.CIRCULATED)
    with chromium() as browser:
        page = Visit(browser, place.portal, "laurent", scripts=False).page
        clicks = Clicks(page)
        clicks.follow(page.locator(".tasks a[href*='/report']").first)
        clicks.press("Accept the correction")
        expect(page.locator("main")).not_to_contain_text("without an answer")

    assert clicks.count == 2


def test_one_click_changes_the_order_of_the_speakers(place: Place) -> None:
    world, meeting = place.world, place.world.meeting(number=22)
    item = world.item(meeting, "Costs")
    world.agenda_released(meeting)
    world.sitting(meeting, item)
    for who in ("amina", "rafael"):
        world.asked_for_the_floor(meeting, who)
    with chromium() as browser:
        page = Visit(browser, place.portal, "laurent", scripts=False).go(f"/meetings/{meeting.id}/floor")
        clicks = Clicks(page)
        clicks.follow(page.get_by_role("button", name="Move Brazil up"))
        expect(page.locator(".speakers > li").first).to_contain_text("Brazil")

    assert clicks.count == 1


def test_one_click_records_the_decision_that_was_typed_on_the_floor(place: Place) -> None:
    world, meeting = place.world, place.world.meeting(number=22)
    item = world.item(meeting, "Costs")
    world.agenda_released(meeting)
    world.sitting(meeting, item)
    with chromium() as browser:
        page = Visit(browser, place.portal, "laurent", scripts=False).go(f"/meetings/{meeting.id}/floor")
        clicks = Clicks(page)
        page.fill("#decides", "The group took note of the costs.")
        clicks.press("Record the decision")
        expect(page.locator("[data-piece=decisions]")).to_contain_text("The group took note of the costs.")

    assert clicks.count == 1


@pytest.mark.parametrize(
    ("who", "stage", "heading"),
    [
        ("laurent", "output", "Record the adoption"),
        ("layla", "adopted", "Approve the release"),
        ("daniel", "adopted", "Approve the release"),
        ("ines", "approved", "Release to all ITU members"),
    ],
)
def test_each_act_on_an_output_is_one_click_from_the_desk(place: Place, who: str, stage: str, heading: str) -> None:
    getattr(place.world, stage)(place.world.meeting(opens_in=-1), title="Conclusions on open data")
    with chromium() as browser:
        page = Visit(browser, place.portal, who, scripts=False).page
        clicks = Clicks(page)
        clicks.press("Read and decide")
        expect(page.locator("h1")).to_have_text(heading)

    assert clicks.count == 1
