"""Browsers that ask for English whatever their owner speaks, for tests that read what a page says."""

from collections.abc import Callable

import pytest

from tests.browser import Browser


@pytest.fixture
def english(browser: Callable[..., Browser]) -> Callable[..., Browser]:
    def open_one(who: str | None = None) -> Browser:
        made = browser(who)
        made.client.cookies.set("cwg_lang", "en")
        return made

    return open_one
