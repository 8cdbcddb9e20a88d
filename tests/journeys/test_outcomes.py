"""One contribution from its submission to what followed, as a delegate, another group's member and a reader see it."""

from datetime import timedelta

from playwright.sync_api import expect

from app.core import clock
from app.core.storage import open_store
from app.domain.decisions.models import Decision
from app.domain.meetings.models import Meeting
from app.domain.reports.actions.action_points import add_action_point
from app.domain.reports.inputs import NewActionPoint
from app.settings import Settings
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.journeys.test_silence import shown
from tests.world import PARENT

TITLE, OUTPUT = "Costs of transit", "Conclusions on the costs of transit"


@needs_chromium
def test_a_contribution_is_traced_to_what_followed_by_those_who_may_see_it(place: Place, settings: Settings) -> None:
    world = place.world
    meeting = world.meeting()
    document = world.registered(meeting, title=TITLE)[1]
    item = world.item(meeting, "Connectivity")
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    world.seat("olga", "delegate", body=PARENT)
    with chromium() as browser:
        laurent, amina, olga = (
            Visit(browser, place.portal, who, scripts=False) for who in ("laurent", "amina", "olga")
        )
        chen = Visit(browser, place.reading, "chen", scripts=False)
        amina.go(f"/documents/{document.id}")
        expect(amina.page.locator("#outcomes")).to_contain_text("It is before the meeting under agenda item 1.")

        # The chair records a decision that names the document of the item, and what follows from it.
        world.sitting(meeting, item)
        laurent.go(f"/meetings/{meeting.id}/decisions/new")
        expect(laurent.page.locator(f"input[name=documents][value='{document.id}']")).to_be_checked()
        laurent.send("/decisions/new", text="The Group agreed to publish the figures.")
        with world.acting("laurent") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            decision = session.query(Decision).one()
            due_on = clock.now().date() + timedelta(days=30)
            new = NewActionPoint(text="Send the figures.", lang="en", owner="KEN", due_on=due_on)
            add_action_point(session, actor, there, decision, new)

        # A text is made from both, adopted and released.
        made_from = {"sources": frozenset({document.id}), "decisions": frozenset({decision.id})}
        store = open_store(settings.release_store_url)
        output = world.released(there, store, title=OUTPUT, kind="conclusions", **made_from)

        # The delegate follows it from the list to the drawing; what came of what is nested.
        amina.go("/contributions")
        expect(amina.page.locator("main")).to_contain_text(f"Made into {output.symbol}")
        amina.go(f"/documents/{document.id}/outcomes")
        nested = amina.page.locator(".branches").first
        expect(nested).to_contain_text("Agenda item 1")
        expect(nested.locator("li li").first).to_contain_text("Decision 1")
        expect(nested.locator("li li li")).to_have_count(2)
        expect(nested).to_contain_text("Action for Kenya")
        assert amina.page.locator(".flow .box").count() == 5
        amina.go("/")
        expect(amina.page.locator("main")).to_contain_text("Send the figures.")

        # Another group's member finds neither the document nor what became of it.
        for path in ("", "/outcomes"):
            assert olga.page.goto(f"{place.portal}/documents/{document.id}{path}").status == 404

        # A reader finds the text that was released, and nothing of what it was made from that was not.
        shown(chen, "/outputs", OUTPUT)
        chen.page.click(f"text={OUTPUT}")
        expect(chen.page.locator("main")).to_contain_text(output.symbol)
        for hidden in (TITLE, document.symbol, "agreed to publish", "Send the figures"):
            expect(chen.page.locator("body")).not_to_contain_text(hidden)
