"""Translations in a real browser without scripts: from the desk to the list, assigned, and many files back at once."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.settings import Settings
from app.web.app import create_app
from tests.files import make_docx
from tests.http_server import free_port, served
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.web.translations.test_received import FRENCH, SPANISH
from tests.world import World

pytestmark = needs_chromium


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"portal_url": f"http://127.0.0.1:{free_port()}"})


def test_a_secretary_assigns_translations_and_adds_those_that_come_back(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    meeting = world.meeting()
    for _ in range(2):
        world.registered(meeting)
    world.works_in("en", "fr", "es")
    texts = {"22-1-F.docx": FRENCH, "22-1-ES.docx": SPANISH, "22-2-F.docx": FRENCH, "notes.docx": SPANISH}
    for name, words in texts.items():
        (tmp_path / name).write_bytes(make_docx(words * 4))
    url = settings.portal_url
    with served(create_app(settings), int(url.rpartition(":")[2])), chromium() as browser:
        cookie = {"name": "cwg_portal", "value": world.sign_in("ines"), "url": url}
        context = browser.new_context(java_script_enabled=False)
        context.add_cookies([cookie])
        page = context.new_page()
        page.goto(f"{url}/?lang=en")
        page.get_by_role("link", name="4 Translations due").click()
        page.get_by_role("link", name="Select all on this page").click()
        page.get_by_role("button", name="Assign the selected").click()
        page.get_by_label("Translator", exact=True).select_option(label=world.person("daniel").name)
        page.get_by_role("button", name="Assign", exact=True).click()
        expect(page.locator("main")).to_contain_text("The translations have been assigned.")
        expect(page.get_by_role("row").filter(has_text=world.person("daniel").name)).to_have_count(4)

        page.get_by_role("link", name="Upload translations").click()
        page.get_by_label("Drop files here").set_input_files([tmp_path / name for name in texts])
        page.get_by_role("button", name="Upload the files").click()
        expect(page.get_by_text("Matched", exact=True)).to_have_count(3)
        page.get_by_label("Goes to: notes.docx").select_option(label="CWG-Internet 22/2 – Spanish")

        looking = browser.new_context()
        looking.add_cookies([cookie])
        seen = looking.new_page()
        for path in ("/translations", "/translations/received"):
            for language in ("en", "ar"):
                for width in (1280, 390, 320):
                    seen.set_viewport_size({"width": width, "height": 900})
                    seen.goto(f"{url}{path}?lang={language}")
                    assert not is_wider_than_its_window(seen), (path, language, width)
                assert faults(seen) == [], (path, language)

        page.get_by_role("button", name="Add the translations").click()
        expect(page.locator("main")).to_contain_text("The translations have been added.")
        expect(page.locator("main")).to_contain_text("No translations are due.")
