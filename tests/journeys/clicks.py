"""Counts what somebody presses on a page, from the page on which they begin."""

from pathlib import Path

from playwright.sync_api import Locator, Page


class Clicks:
    """What was pressed so far."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def press(self, words: str) -> None:
        """Press the first button or link with exactly these words, which leads to another page."""
        self.follow(self.page.locator(f"main :is(button, a):text-is('{words}'):visible").first)

    def follow(self, target: Locator) -> None:
        """Press a button or a link, which leads to another page."""
        self.count += 1
        with self.page.expect_navigation():
            target.click()

    def choose(self, file: Path) -> None:
        """Press the field of the file, and choose it."""
        self.count += 2
        self.page.set_input_files("[name=file]", file)
