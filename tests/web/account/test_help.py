"""Help is public, and the table of rights is built from the rules."""

from collections.abc import Callable
from html import unescape

import pytest

from app.domain.rights import COLUMNS, ROWS, is_allowed
from tests.browser import Browser

Open = Callable[..., Browser]


@pytest.mark.parametrize("path", ["/help", "/help/rights", "/help/deadlines", "/help/glossary"])
def test_help_is_public_and_shows_who_is_signed_in(english: Open, path: str) -> None:
    stranger, amina = english().get(path), english("amina").get(path)

    assert (stranger.status_code, amina.status_code) == (200, 200)
    assert 'href="/sign-in"' in stranger.text
    assert "Signed in as Amina" in amina.text
    assert english().get(f"{path}?lang=ar").text.startswith('<!doctype html>\n<html lang="ar" dir="rtl">')


def test_the_table_lists_the_holders_of_every_right(english: Open) -> None:
    lines = unescape(english().get("/help/rights").text).split("</table>")[0].split('<tr data-right="')[1:]
    assert len(lines) == len(ROWS)

    for row, line in zip(ROWS, lines, strict=True):
        assert line.startswith(row.permission.name)
        assert str(row.permission.label) in line
        listed = [item.split("</li>")[0] for item in line.split("<li>")[1:]]
        assert listed == ([str(each.words) for each in COLUMNS if is_allowed(row, each)] or ["No one"])


def test_conditions_are_written_out(english: Open) -> None:
    page = english().get("/help/rights").text

    assert "two different people have approved exactly this text" in page


def test_the_grace_period_is_the_configured_one(english: Open) -> None:
    assert "within 30 minutes after the deadline" in english().get("/help/deadlines").text
