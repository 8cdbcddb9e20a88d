"""A contribution cites a clause of a mandate, and the page of the clause lists it to those who may see it."""

from pathlib import Path

from playwright.sync_api import expect

from tests.files import make_docx
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.clicks import Clicks
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit

pytestmark = needs_chromium
TEXT = "The cost of a kilometre of fibre is a question for the countries and for the group. " * 5


def test_a_contribution_cites_a_clause_and_the_clause_lists_it_to_who_may_see_it(place: Place, tmp_path: Path) -> None:
    """From the form that finds by typing to the page of the clause; another group's member finds nothing there."""
    world, clause = place.world, "wtsa-res-75/2008-considering-further-b-iii"
    meeting = world.meeting(number=22)
    file = tmp_path / "text.docx"
    file.write_bytes(make_docx(TEXT, title="Exchanges with other organizations"))
    with chromium() as browser:
        amina, rafael, chen, ines = (
            Visit(browser, place.portal, who, scripts=False) for who in ("amina", "rafael", "chen", "ines")
        )
        amina.go(f"/meetings/{meeting.id}/contributions/new")
        amina.page.set_input_files("[name=file]", file)
        Clicks(amina.page).press("Continue")
        amina.page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
        amina.page.fill("[name=mandate_words]", clause)
        Clicks(amina.page).press("Continue to check")
        expect(amina.page.locator("main")).to_contain_text("considering further b(iii)")
        key = amina.page.url.split("/contributions/")[1].split("/")[0]
        amina.submit(key)
        ines.go(f"/contributions/{key}/register")
        ines.send(f"{key}/register")

        for who in (amina, rafael):
            main = who.go(f"/mandates/{clause}").locator("main")
            expect(main).to_contain_text("Exchanges with other organizations")
            expect(who.go(f"/mandates/{clause}/trace").locator("main")).to_contain_text("CWG-Internet 22/1")
        assert "Exchanges with other" not in chen.go(f"/mandates/{clause}").content()
        assert "CWG-Internet 22/1" not in chen.go(f"/mandates/{clause}/trace").content()
