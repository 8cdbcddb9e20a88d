"""Recording the use of a session takes no database connection from concurrent requests."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from starlette.types import ASGIApp

from app.core import clock
from app.settings import Settings
from tests.browser import Browser
from tests.portal_app import open_portal_copy
from tests.world import World


@pytest.fixture
def small_portal(settings: Settings) -> Iterator[ASGIApp]:
    with open_portal_copy(settings.model_copy(update={"database_pool": 1})) as opened:
        yield opened


def test_many_users_return_at_once_after_a_pause(small_portal: ASGIApp, settings: Settings, world: World) -> None:
    with clock.shifted_clock(timedelta(minutes=-5)):
        visitors = [Browser(small_portal, settings, world, who) for who in ("amina", "rafael", "ines", "laurent") * 2]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda visitor: visitor.get("/account").status_code, visitors))

    assert answers == [200] * 8
