"""A contribution of three States in a real browser: signed, registered, revised, corrected, withdrawn."""

import re
from pathlib import Path
from time import monotonic

from playwright.sync_api import Dialog, Page, Route, expect

from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution
from tests.core.test_inspection import with_tracked_change
from tests.files import make_docx
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit

TITLE = "Child protection online: a joint proposal"


def key_in(address: str) -> str:
    return re.search(r"/contributions/([0-9a-f-]{36})", address)[1]


def submitted_and_registered(amina: Visit, ines: Visit, key: str) -> None:
    amina.submit(key)
    ines.go(f"/contributions/{key}")
    ines.press("Register the contribution")
    ines.press("Register the contribution")  # on its check page


@needs_chromium
def test_three_states_sign_revise_correct_and_withdraw(place: Place, tmp_path: Path) -> None:
    text, again, french = (tmp_path / f"{name}.docx" for name in ("text", "again", "french"))
    text.write_bytes(with_tracked_change("ins"))
    again.write_bytes(make_docx("Children have rights online and offline."))
    french.write_bytes(make_docx("Les enfants ont des droits en ligne."))
    meeting = place.world.meeting(number=22)
    with chromium() as browser:
        amina, rafael, haruka, ines = (
            Visit(browser, place.portal, who, scripts=False) for who in ("amina", "rafael", "haruka", "ines")
        )

        # Kenya drafts and asks Brazil and Japan; each signs through its own delegate.
        amina.go(f"/meetings/{meeting.id}/contributions/new")
        amina.send(f"/meetings/{meeting.id}/contributions", file=text)
        key = key_in(amina.page.url)
        assert rafael.page.goto(f"{place.portal}/contributions/{key}").status == 404
        amina.page.fill("[name=title]", TITLE)
        amina.page.get_by_label("For decision").check()
        amina.page.fill("[name=invite]", "Brazil, Japan")
        amina.press("Invite")
        amina.press("Invite Brazil and Japan")
        expect(amina.page.locator("[name=title]")).to_have_value(TITLE)
        for other in (rafael, haruka):
            other.go("/")
            expect(other.page.locator("main")).to_contain_text("Kenya invites your State to co-sponsor a contribution")
            other.go(f"/contributions/{key}/sponsors")
            other.press("Co-sponsor on behalf of my State")
            other.press("Co-sponsor on behalf of")
        # Its tracked changes are asked about: without an answer nothing is submitted.
        amina.go(f"/contributions/{key}/check")
        amina.send(f"/contributions/{key}/submit")
        expect(amina.page.locator(".error-summary")).to_contain_text("The document contains 1 tracked changes.")
        submitted_and_registered(amina, ines, key)
        rafael.go("/documents")
        rafael.page.click(f"main a:has-text('{TITLE}')")
        symbol = rafael.page.url.rsplit("/", 1)[1]
        expect(rafael.page.locator("aside").first).to_contain_text("Brazil and Japan")

        # A revision: each signatory is asked again; only Brazil signs this text.
        amina.go(f"/documents/{symbol}")
        document = amina.page.locator("a[href$='/follow/rev']").first.get_attribute("href").split("/")[2]
        amina.go(f"/documents/{document}/follow/rev")
        amina.send(f"/documents/{document}/follow/rev", note="It speaks of offline too.")
        revision = key_in(amina.page.url)
        amina.send(f"/contributions/{revision}/files", language="en", file=again)
        rafael.go(f"/contributions/{revision}/sponsors")
        rafael.press("Co-sponsor on behalf of my State")
        rafael.press("Co-sponsor on behalf of Brazil")
        amina.go(f"/contributions/{revision}/check")
        expect(amina.page.locator("main")).to_contain_text(
            "A State that is asked again to co-sponsor has not answered yet."
        )
        amina.press("Continue without Japan")
        amina.press("Continue without Japan")  # on the check page
        submitted_and_registered(amina, ines, revision)
        rafael.go(f"/documents/{document}")
        expect(rafael.page.locator("main")).to_contain_text("CWG-Internet 22/1 (Rev.1)")
        expect(rafael.page.locator("aside").first).not_to_contain_text("Japan")
        rafael.go(f"/documents/{document}/first")
        expect(rafael.page.locator("main")).to_contain_text("This is not the current version")

        # A corrigendum in one language.
        amina.go(f"/documents/{document}/follow/corr")
        amina.send(f"/documents/{document}/follow/corr", note="A word was missing.", only_language="fr", original="fr")
        corrigendum = key_in(amina.page.url)
        amina.send(f"/contributions/{corrigendum}/files", language="fr", file=french)
        submitted_and_registered(amina, ines, corrigendum)
        haruka.go(f"/documents/{document}")
        expect(haruka.page.locator("main")).to_contain_text("CWG-Internet 22/1 (Corr.1)")

        # Withdrawn: the number stays, and the register explains it.
        amina.go(f"/documents/{document}/withdraw")
        amina.send(f"/documents/{document}/withdraw", reason="It is taken up elsewhere.")
        haruka.go(f"/documents/{document}")
        expect(haruka.page.locator("main")).to_contain_text("It is taken up elsewhere.")
        assert haruka.page.goto(f"{place.portal}/documents/{document}/read/en").status == 409
        ines.go("/register")
        expect(ines.page.locator("main")).to_contain_text("CWG-Internet 22/1")


def answer_questions_by_staying(page: Page) -> list[str]:
    """Press "Stay on the page" whenever the browser asks; returns the kinds of its questions."""
    kinds: list[str] = []

    def stay(question: Dialog) -> None:
        kinds.append(question.type)
        question.dismiss()

    page.on("dialog", stay)
    return kinds


def leave(page: Page, *, stays: bool = False) -> None:
    """Leave for the desk, as by a bookmark."""
    here, title = page.url, page.locator("[name=title]").input_value()
    page.evaluate("setTimeout(() => location.assign('/'))")
    if stays:
        page.wait_for_timeout(500)
        assert (page.url, page.locator("[name=title]").input_value()) == (here, title)
    else:
        page.wait_for_url(re.compile(r"/$"))


@needs_chromium
def test_a_draft_is_saved_while_it_is_written_and_its_file_comes_in_pieces(place: Place, tmp_path: Path) -> None:
    meeting = place.world.meeting(number=22)
    large = tmp_path / "large.docx"
    large.write_bytes(make_docx("Children have rights online."))
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        questions = answer_questions_by_staying(page := amina.page)
        amina.go(f"/meetings/{meeting.id}/contributions/new")
        page.click("summary:has-text('Continue without a file')")
        leave(page)
        assert questions == []  # nothing was written yet
        page = amina.go(f"/meetings/{meeting.id}/contributions/new")
        page.click("summary:has-text('Continue without a file')")
        page.fill("[name=title]", "Written")
        leave(page, stays=True)
        assert questions == ["beforeunload"]
        page.select_option("[name=original]", "en")
        page.click("button:has-text('Save the draft')")
        page.wait_for_url("**/edit?done=saved")
        page.fill("[name=title]", "Written and changed")
        expect(page.locator("[data-saved]")).to_contain_text("Saved.")
        page.set_input_files("[name=file]", large)
        leave(page, stays=True)
        assert questions == ["beforeunload"] * 2  # the file is not saved yet
        page.click("main button:text-is('Save'):visible")
        page.wait_for_url("**/edit?done=received")
        expect(page.locator("[name=title]")).to_have_value("Written and changed")
        expect(page.locator("main")).to_contain_text("large.docx")
        page.click("[name=title]")
        page.fill("[name=title]", "Written and changed again")
        expect(page.locator("[data-saved]")).to_contain_text("Saved.")
        page.fill("[name=invite]", "Brazil")
        expect(page.locator("[data-saved]")).to_contain_text("Saved.")
        leave(page, stays=True)
        assert questions == ["beforeunload"] * 3  # what is saved while it is written invites no one
        page.fill("[name=invite]", "")
        expect(page.locator("[data-saved]")).to_contain_text("Saved.")
        leave(page)
        assert questions == ["beforeunload"] * 3
        amina.go("/contributions")
        assert page.locator("main a:has-text('Written and changed again')").count() == 1

        # So it is with a form that is not saved while it is written.
        amina.go(f"/meetings/{meeting.id}/agenda/proposals")
        page.locator("main textarea").click()
        page.locator("main textarea").fill("It concerns all.")
        leave(page, stays=True)
        assert questions == ["beforeunload"] * 4
        page.fill("[name=title]", "Names in local scripts")
        page.click("button:has-text('Propose the item')")
        page.wait_for_url("**/proposals?done=*")
        assert questions == ["beforeunload"] * 4
        expect(page.locator("main")).to_contain_text("Names in local scripts")


@needs_chromium
def test_the_author_sees_when_a_draft_is_not_saved_and_why(place: Place) -> None:
    draft = place.world.draft(place.world.meeting(number=22))
    said = "[data-saved]"
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        page = amina.go(f"/contributions/{draft.id}/edit")
        page.fill("[name=title]", "Written")
        expect(page.locator(said)).to_contain_text("Saved.")
        page.evaluate("document.querySelector('[name=title]').removeAttribute('maxlength')")
        page.fill("[name=title]", "Far too long a title. " * 30)
        expect(page.locator(said)).to_contain_text("Not saved. Press the button to see why.")
        with place.world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            theirs = ContributionCover(title="Of a colleague", original="en", purpose="discussion")
            contributions.save_draft_cover(session, actor, there, theirs, version=there.version)
        page.fill("[name=title]", "Written again")
        expect(page.locator(said)).to_contain_text("Not saved: another user has changed the draft.")


@needs_chromium
def test_a_save_whose_answer_is_lost_is_not_taken_for_one_of_another_author(place: Place) -> None:
    draft = place.world.draft(place.world.meeting(number=22))
    lose = [True]

    def line(route: Route) -> None:
        """Cut once, after what was sent has arrived."""
        if lose and route.request.method == "POST" and lose.pop():
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        page = amina.go(f"/contributions/{draft.id}/edit")
        page.route(f"**/contributions/{draft.id}", line)
        page.fill("[name=title]", "Written")
        expect(page.locator("[data-saved]")).to_contain_text("no connection")
        page.fill("[name=title]", "Written after the cut")
        expect(page.locator("[data-saved]")).to_contain_text("Saved.")
        page.reload()
        expect(page.locator("[name=title]")).to_have_value("Written after the cut")


@needs_chromium
def test_what_is_typed_while_a_slow_line_saves_is_saved_too(place: Place) -> None:
    draft = place.world.draft(place.world.meeting(number=22))
    waits: list[Route] = []
    with chromium() as browser:
        amina = Visit(browser, place.portal, "amina", scripts=True)
        page = amina.go(f"/contributions/{draft.id}/edit")
        page.route(f"**/contributions/{draft.id}", lambda route: waits.append(route), times=1)
        page.fill("[name=title]", "Written")
        give_up = monotonic() + 30
        while not waits:
            assert monotonic() < give_up, "what was typed is not saved by itself"
            page.wait_for_timeout(50)
        page.fill("[name=title]", "Written meanwhile")
        page.wait_for_timeout(1500)
        waits[0].continue_()
        expect(page.locator("[data-saved]")).to_contain_text("Saved.")
        page.reload()
        expect(page.locator("[name=title]")).to_have_value("Written meanwhile")
