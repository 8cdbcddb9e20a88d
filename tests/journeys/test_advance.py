"""An advance version in a real browser: it cannot wait for French, a member reads it marked, and others complete it."""

from pathlib import Path

from playwright.sync_api import expect

from tests.files import make_docx
from tests.journeys.chromium import chromium, faults, faults_again, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.journeys.test_silence import TITLE, shown, visits

MARK, FRENCH = "Advance, unedited version", "Principes relatifs aux serveurs racine"


@needs_chromium
def test_a_text_that_cannot_wait_is_marked_and_then_completed(place: Place, tmp_path: Path) -> None:
    translation = tmp_path / "principes.docx"
    translation.write_bytes(make_docx("Un texte en français."))
    place.world.works_in("en", "fr")
    output = place.world.approved(place.world.meeting(opens_in=-1), title=TITLE)
    here = f"/outputs/{output.id}"
    with chromium() as browser:
        laurent, layla = visits(browser, place, "laurent", "layla")
        ines = Visit(browser, place.portal, "ines", scripts=True)
        chen = Visit(browser, place.reading, "chen", scripts=True)

        ines.go(f"{here}/let-out")
        ines.send(f"{here}/let-out", when="now")
        expect(ines.page.locator("#f-form-error")).to_contain_text("Français")
        assert faults(ines.page) == []
        ines.page.check("[name=form][value=advance]")
        ines.send(f"{here}/let-out", when="now")
        shown(chen, "/", MARK)
        chen.page.click(f"text={TITLE}")
        text = chen.page.url
        expect(chen.page.locator("main")).to_contain_text("Languages to follow: French")
        as_everybody_sees_it(chen, text, "Advance, unedited version")

        ines.go(f"{here}/translate")
        assert faults(ines.page) == []
        ines.send(f"{here}/translate", language="fr", title=FRENCH, file=translation)
        as_everybody_sees_it(ines, f"{place.portal}{here}", FRENCH)
        layla.go("/")
        expect(layla.page.locator("main")).to_contain_text(
            "A translation of an adopted text is awaiting approval by a second person"
        )
        layla.follow(f".tasks a[href='{here}/translations/fr/approve']")  # one click from the desk
        layla.approve(f"{here}/translations/fr/approve")
        chen.go(text)
        expect(chen.page.locator("main")).not_to_contain_text(FRENCH)

        laurent.go("/")
        laurent.follow(f".tasks a[href='{here}/complete']")
        laurent.send(f"{here}/complete", when="now")
        shown(chen, text, "Available in all languages since")
        expect(chen.page.locator("main")).to_contain_text("translation of the adopted text")
        chen.go(f"{text}?lang=fr")
        expect(chen.page.locator("h1")).to_contain_text(FRENCH)
        as_everybody_sees_it(chen, text, "Available in all languages since")
        chen.go("/?lang=en")
        expect(chen.page.locator("main")).not_to_contain_text(MARK)


def as_everybody_sees_it(visit: Visit, address: str, words: str) -> None:
    """In English and Arabic, on a desk and on a phone: nothing is cut off, and axe finds nothing. What it says, in
    English."""
    for width in (1280, 390):
        visit.page.set_viewport_size({"width": width, "height": 900})
        for language in ("ar", "en"):
            visit.go(f"{address}?lang={language}")
            assert not is_wider_than_its_window(visit.page)
            look = faults if (width, language) == (1280, "en") else faults_again
            assert look(visit.page) == []
    expect(visit.page.locator("main")).to_contain_text(words)
