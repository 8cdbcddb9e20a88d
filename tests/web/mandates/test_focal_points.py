"""The pages on which two secretaries name the focal points of action lines."""

from collections.abc import Callable

import pytest

from tests.browser import Browser
from tests.web.documents.test_register import visible_text
from tests.world import World

Open = Callable[..., Browser]
LINE = "/action-lines/C5"


@pytest.fixture
def new(world: World) -> dict[str, str]:
    world.seat("olga", "tsb")
    return {"person": str(world.person("olga").id), "from_on": "2026-11-01", "until_on": "2099-12-31"}


def test_a_focal_point_is_proposed_confirmed_shown_and_ended(browser: Open, new: dict[str, str]) -> None:
    ines, daniel, olga = browser("ines"), browser("daniel"), browser("olga")
    assert "Olga Sergeevna Malinina – Telecommunication Standardization Bureau" in visible_text(
        ines.get(f"{LINE}/focal-points/new").text
    )
    refused = ines.post(f"{LINE}/focal-points", new | {"person": ""})
    assert refused.status_code == 400
    assert 'href="#f-person"' in refused.text
    term = ines.post(f"{LINE}/focal-points", new).headers["Location"].partition("?")[0]
    assert "Proposed, to be confirmed" in ines.get(LINE).text
    assert f"{term}/confirm" not in ines.get(term).text
    assert "C5" not in olga.get("/").text
    assert f'href="{term}"' in daniel.get("/").text
    assert f"{term}/confirm" in daniel.get(term).text

    assert daniel.post(f"{term}/confirm", {}).headers["Location"] == f"{LINE}?done=focal-point-confirmed"

    assert "Telecommunication Standardization Bureau Olga Sergeevna Malinina since" in visible_text(
        browser("marc").get(LINE).text
    )
    assert f'Your action lines as focal point: <a href="{LINE}">' in olga.get("/").text
    assert daniel.post(f"{term}/end", {"reason": ""}).status_code == 400
    assert daniel.post(f"{term}/end", {"reason": "She moved."}).status_code == 303
    assert "Malinina" not in browser("marc").get(LINE).text
    assert "She moved." in ines.get(term).text


def test_others_neither_propose_nor_see_proposals(browser: Open, new: dict[str, str]) -> None:
    term = browser("ines").post(f"{LINE}/focal-points", new).headers["Location"].partition("?")[0]
    for who in ("amina", "laurent", "olga", "marc"):
        other = browser(who)
        assert "Malinina" not in visible_text(other.get(LINE).text).partition("Focal points in ITU")[2]
        assert other.get(term).status_code in (403, 404)
        assert other.get(f"{LINE}/focal-points/new").status_code == 403
        assert other.post(f"{LINE}/focal-points", new).status_code in (403, 404)
        assert other.post(f"{term}/confirm", {}).status_code in (403, 404)
