"""Fixture for browsers that ask for English, for tests that read the text of a page."""

from collections.abc import Callable

import pytest

from tests.browser import Browser


@pytest.fixture
def english(browser: Callable[..., Browser]) -> Callable[..., Browser]:
    def open_browser(who: str | None = None) -> Browser:
        opened = browser(who)
        opened.client.cookies.set("cwg_lang", "en")
        return opened

    return open_browser
