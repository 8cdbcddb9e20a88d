"""The page of letters in a real browser: by keyboard, without scripts, on a phone and in Arabic."""

import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from app.core.db import transaction
from app.domain.notifications.models import DeliveryChoice, DeliveryStatus, NotificationCategory
from app.domain.notifications.queries.notifications import list_choices
from app.settings import Settings
from app.web.app import create_app
from tests.http_server import free_port, served
from tests.journeys.chromium import chromium, faults, faults_again, is_wider_than_its_window, needs_chromium
from tests.web.account.test_notifications import closed, opened
from tests.world import World

pytestmark = needs_chromium


@pytest.fixture
def settings(settings: Settings) -> Settings:
    sends = {"smtp_url": SecretStr("smtp://127.0.0.1:9"), "mail_from": "portal@example.org"}
    return settings.model_copy(update=sends | {"portal_url": f"http://127.0.0.1:{free_port()}"})


def test_a_delegate_chooses_by_keyboard_and_sees_what_was_sent(world: World, settings: Settings) -> None:
    for number, fate in enumerate(
        (
            None,
            DeliveryStatus.SENT,
            DeliveryStatus.NEEDLESS,
            DeliveryStatus.REFUSED,
            DeliveryStatus.EXPIRED,
            DeliveryStatus.RESTORED,
        ),
        start=21,
    ):
        opened(world, number)
        closed(world, "amina", fate)
    url = settings.portal_url
    with served(create_app(settings), int(url.rpartition(":")[2])), chromium() as browser:
        context = browser.new_context(java_script_enabled=False)
        context.add_cookies([{"name": "cwg_portal", "value": world.sign_in("amina"), "url": url}])
        page = context.new_page()
        page.goto(f"{url}/letters?lang=en")
        expect(page.locator("[aria-labelledby=h-sent] tbody tr")).to_have_count(6)
        page.get_by_label("Releases", exact=True).focus()
        page.keyboard.press("ArrowDown")
        page.get_by_role("button", name="Save notification settings").focus()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Your e-mail notification settings have been saved.")
        expect(page.get_by_label("Releases", exact=True)).to_have_value("daily")

        looking = browser.new_context()
        looking.add_cookies([{"name": "cwg_portal", "value": world.sign_in("amina"), "url": url}])
        page = looking.new_page()
        for language in ("en", "ar"):
            for wide in (1280, 390):
                page.set_viewport_size({"width": wide, "height": 900})
                page.goto(f"{url}/letters?lang={language}")
                look = faults if (language, wide) == ("en", 1280) else faults_again
                assert look(page, colours=language == "en") == []
                assert not is_wider_than_its_window(page)

    with transaction(world.read) as session:
        assert list_choices(session, world.person("amina").id)[NotificationCategory.RELEASES] is DeliveryChoice.DAILY
