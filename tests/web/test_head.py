"""HEAD on the portal: the answer of GET for the same person, without the body (RFC 9110, section 9.3.2)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.storage import CorruptFile
from app.settings import Settings
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
OWN = {"x-request-id"}


def test_head_has_the_status_and_headers_of_get(world: World, browser: Open) -> None:
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
            get_response, head_response = visitor.get(path), visitor.client.head(path)

            assert head_response.status_code == get_response.status_code, (who, path)
            assert head_response.content == b""
            assert {name: value for name, value in head_response.headers.items() if name not in OWN} == {
                name: value for name, value in get_response.headers.items() if name not in OWN
            }
            if "Content-Encoding" not in get_response.headers:  # else the client has unpacked the content
                assert head_response.headers["Content-Length"] == str(len(get_response.content))
            seen.add(head_response.status_code)
    assert seen == {200, 401, 404, 405}


def test_head_does_not_read_the_file(world: World, browser: Open, settings: Settings) -> None:
    _, document = world.registered(world.meeting())
    path, amina = f"/documents/{document.id}/files/en", browser("amina")
    size = int(amina.client.head(path).headers["Content-Length"])
    sha256 = amina.client.head(path).headers["ETag"].strip('"')
    store_folder = Path(settings.store_url.removeprefix("file://"))
    (store_folder / sha256[:2] / sha256[2:4] / sha256).write_bytes(bytes(size))

    assert amina.client.head(path).status_code == 200
    with pytest.raises(CorruptFile):
        amina.get(path)
