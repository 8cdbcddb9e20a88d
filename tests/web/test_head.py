"""HEAD on the portal: whatever GET would answer, to the same people, without the body (RFC 9110, 9.3.2)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.storage import CorruptFile
from app.settings import Settings
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
OWN = {"x-request-id"}


def test_head_opens_nothing_that_get_would_refuse_and_says_the_same(world: World, browser: Open) -> None:
    meeting = world.meeting()
    draft, (_, document) = world.draft(meeting), world.registered(meeting)
    paths = [
        "/healthz",
        "/readyz",
        "/static/style.css",
        "/",
        "/help",
        "/documents",
        f"/documents/{document.id}",
        f"/documents/{document.id}/files/en",
        f"/contributions/{draft.id}",
        f"/contributions/{draft.id}/files/en",
        f"/contributions/{draft.id}/submit",
    ]
    seen = set()

    for who in (None, "amina", "rafael"):
        visitor = browser(who)
        for path in paths:
            got, asked = visitor.get(path), visitor.client.head(path)

            assert asked.status_code == got.status_code, (who, path)
            assert asked.content == b""
            assert {name: value for name, value in asked.headers.items() if name not in OWN} == {
                name: value for name, value in got.headers.items() if name not in OWN
            }
            assert asked.headers["Content-Length"] == str(len(got.content))
            seen.add(asked.status_code)
    assert seen == {200, 401, 404, 405}


def test_a_file_is_not_read_for_its_headers(world: World, browser: Open, settings: Settings) -> None:
    _, document = world.registered(world.meeting())
    path, amina = f"/documents/{document.id}/files/en", browser("amina")
    size = int(amina.client.head(path).headers["Content-Length"])
    sha256 = amina.client.head(path).headers["ETag"].strip('"')
    shelf = Path(settings.store_url.removeprefix("file://"))
    (shelf / sha256[:2] / sha256[2:4] / sha256).write_bytes(bytes(size))

    assert amina.client.head(path).status_code == 200
    with pytest.raises(CorruptFile):
        amina.get(path)
