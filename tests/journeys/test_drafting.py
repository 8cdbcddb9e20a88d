"""A draft before the delegations in a real browser: circulated, commented by phone and at a desk, answered."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.files import make_docx
from tests.journeys.chromium import chromium, faults, faults_again, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.journeys.test_silence import shown

TITLE = "Conclusions on the cost of connectivity"
FIRST = {
    "en": ("The cost of transit is high.", "Member States agree to act.", "The group thanks its chair."),
    "fr": ("Le coût du transit est élevé.", "Les États Membres conviennent d’agir."),
}
SECOND = {
    "en": ("The cost of transit remains high.", "Member States agree to act.", "A new paragraph on capacity building."),
    "fr": ("Le coût du transit reste élevé.", "Les États Membres conviennent d’agir."),
}
KENYA = "The cost of transit remains far too high."
BRAZIL = "On devrait dire par qui."


def on_disk(folder: Path, name: str, texts: dict[str, tuple[str, ...]]) -> dict[str, Path]:
    found = {}
    for language, paragraphs in texts.items():
        found[language] = folder / f"{name}-{language}.docx"
        found[language].write_bytes(make_docx(*paragraphs))
    return found


def sent(ines: Visit, output: str, files: dict[str, Path]) -> None:
    for language, path in files.items():
        ines.go(f"/outputs/{output}/edit")
        ines.send(f"/outputs/{output}/files", language=language, file=path)


def circulated(laurent: Visit, output: str, note: str) -> None:
    laurent.go(f"/outputs/{output}")
    laurent.press("Circulate to the delegations")
    laurent.send(f"/outputs/{output}/circulate", note=note)


def phone(browser: Browser, place: Place, who: str) -> Visit:
    visit = Visit(browser, place.portal, who, scripts=False)
    visit.page.set_viewport_size({"width": 390, "height": 800})
    return visit


@needs_chromium
def test_a_draft_is_circulated_commented_answered_and_circulated_again(place: Place, tmp_path: Path) -> None:
    meeting = place.world.meeting(opens_in=5)
    with chromium() as browser:
        laurent, ines, rafael = (
            Visit(browser, place.portal, who, scripts=True) for who in ("laurent", "ines", "rafael")
        )
        amina = phone(browser, place, "amina")
        ines.go(f"/meetings/{meeting.id}/outputs/new")
        ines.send(f"/meetings/{meeting.id}/outputs", kind="conclusions", original="en", title_en=TITLE)
        output = re.search(r"/outputs/([0-9a-f-]{36})", ines.page.url)[1]
        sent(ines, output, on_disk(tmp_path, "first", FIRST))
        versions = f"/outputs/{output}/versions"
        assert amina.page.goto(f"{place.portal}/outputs/{output}").status == 404
        assert amina.page.goto(f"{place.portal}{versions}").status == 404

        # The chair circulates; two States comment, one by phone and in another language.
        circulated(laurent, output, "Please look at paragraph 1.")
        amina.go("/")
        expect(amina.page.locator("main")).to_contain_text("A draft has been circulated to the delegations: version 1")
        amina.press("Read the text")
        expect(amina.page.locator("main")).to_contain_text("Please look at paragraph 1.")
        shown(amina, f"{versions}/1?language=en", FIRST["en"][0])
        amina.page.click("#p-1 a:has-text('Comment')")
        amina.page.click("text=Propose alternative wording instead")
        assert not is_wider_than_its_window(amina.page)
        amina.send(f"{versions}/1/comments", text=KENYA)
        expect(amina.page.locator("#p-1")).to_contain_text("Kenya")
        shown(rafael, f"{versions}/1?language=fr", FIRST["fr"][1])
        rafael.page.click("#p-2 a:has-text('Comment')")
        rafael.send(f"{versions}/1/comments", text=BRAZIL, lang="fr")
        rafael.go(f"{versions}/1?language=en")
        expect(rafael.page.locator("#p-1 ins", has_text="remains far too")).to_have_count(1)

        # The chair answers each, and circulates the next version.
        laurent.go("/")
        expect(laurent.page.locator("main")).to_contain_text("Comments from States awaiting an answer: 2")
        laurent.press("Answer")
        for answer, words in (("in_part", "Not “far too”."), ("not_taken", "It is said in paragraph 3.")):
            laurent.page.click("tr:has-text('Not answered yet') a:has-text('Answer the comment')")
            laurent.send("/answer", answer=answer, text=words)
        expect(laurent.page.locator("main")).not_to_contain_text("not answered yet")
        sent(ines, output, on_disk(tmp_path, "second", SECOND))
        circulated(laurent, output, "Paragraph 1 is new.")
        shown(amina, f"{versions}/2?language=en", SECOND["en"][2])
        first = amina.page.locator("#p-1")
        expect(first).to_contain_text("The paragraph has changed since version 1")
        expect(first).to_contain_text("Accepted in part")
        expect(first).to_contain_text("Not “far too”.")
        shown(rafael, f"{versions}/2?language=fr", SECOND["fr"][0])  # the other paragraph is in both versions
        expect(rafael.page.locator("#p-2")).to_contain_text("The paragraph is unchanged since version 1")

        # What differs is right, in both languages.
        for language, gone, new in (("en", "is", "remains"), ("fr", "est", "reste")):
            rafael.go(f"{versions}/differences?from=1&to=2&language={language}")
            changes = rafael.page.locator(".changes .changed")
            expect(changes.locator("del")).to_contain_text(gone)
            expect(changes.locator("ins")).to_contain_text(new)
        expect(rafael.page.locator(".changes")).not_to_contain_text("capacity building")
        rafael.go(f"{versions}/differences?from=1&to=2&language=en")
        expect(rafael.page.locator(".changes .gone")).to_contain_text("The group thanks its chair.")
        expect(rafael.page.locator(".changes .new")).to_contain_text("A new paragraph on capacity building.")
        looked_at(browser, place, output, meeting.id)


def looked_at(browser: Browser, place: Place, output: str, meeting: object) -> None:
    """Every page of it, narrow, in English and Arabic, by a delegate and by the chair."""
    here = f"/outputs/{output}"
    pages = {
        "haruka": (f"{here}/versions/2", f"{here}/versions/1", f"{here}/versions/differences", f"{here}/comments"),
        "laurent": (here, f"{here}/circulate", "/outputs", f"/meetings/{meeting}"),
    }
    for who, paths in pages.items():
        visit = Visit(browser, place.portal, who, scripts=True)
        for path in paths:
            for language in ("en", "ar"):
                visit.page.set_viewport_size({"width": 390, "height": 800})
                visit.go(f"{path}?lang={language}")
                look = faults if language == "en" else faults_again
                assert look(visit.page, colours=language == "en") == [], path
                assert not is_wider_than_its_window(visit.page), path
