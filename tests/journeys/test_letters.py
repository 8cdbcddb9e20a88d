"""The page of letters in a real browser: by keyboard, without scripts, on a phone and in Arabic."""

import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from app.core.db import transaction
from app.domain.letters.models import Fate, Kind
from app.domain.letters.queries import stopped
from app.settings import Settings
from app.web.app import create_app
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.serving import free_port, served
from tests.web.test_letters import closed, opened
from tests.world import World

pytestmark = needs_chromium


@pytest.fixture
def settings(settings: Settings) -> Settings:
    sends = {"smtp_url": SecretStr("smtp://127.0.0.1:9"), "mail_from": "portal@example.org"}
    return settings.model_copy(update=sends | {"portal_url": f"http://127.0.0.1:{free_port()}"})


def test_a_delegate_chooses_by_keyboard_and_sees_what_was_sent(world: World, settings: Settings) -> None:
    for number, fate in enumerate(
        (None, Fate.SENT, Fate.NEEDLESS, Fate.REFUSED, Fate.EXPIRED, Fate.RESTORED), start=21
    ):
        opened(world, number)
        closed(world, "amina", fate)
    door = settings.portal_url
    with served(create_app(settings), int(door.rpartition(":")[2])), chromium() as browser:
        context = browser.new_context(java_script_enabled=False)
        context.add_cookies([{"name": "cwg_portal", "value": world.sign_in("amina"), "url": door}])
        page = context.new_page()
        page.goto(f"{door}/letters?lang=en")
        expect(page.locator("main table tbody tr")).to_have_count(6)
        page.get_by_role("checkbox", name="Releases").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Keep this choice").focus()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Your choice of letters was kept.")
        expect(page.get_by_role("checkbox", name="Releases")).not_to_be_checked()

        looking = browser.new_context()
        looking.add_cookies([{"name": "cwg_portal", "value": world.sign_in("amina"), "url": door}])
        page = looking.new_page()
        for language in ("en", "ar"):
            for wide in (1280, 390):
                page.set_viewport_size({"width": wide, "height": 900})
                page.goto(f"{door}/letters?lang={language}")
                assert faults(page, colours=language == "en") == []
                assert not is_wider_than_its_window(page)

    with transaction(world.read) as session:
        assert stopped(session, world.person("amina").id) == {Kind.RELEASE}
