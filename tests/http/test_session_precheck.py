"""Bodies of strangers are not read; of everybody else, so much and no more."""

import asyncio
from collections.abc import Callable

import httpx2
import pytest
from starlette.types import ASGIApp, Message

from app.http.csrf import create_form_token
from app.settings import Settings
from app.web.app import MAX_FORM_SIZE, create_app, list_public_write_paths
from tests.browser import Browser
from tests.conftest import SECRET
from tests.world import World

Open = Callable[..., Browser]
HOST = "127.0.0.1:8000"


FORM = "application/x-www-form-urlencoded"


def sent(
    portal: ASGIApp, path: str, body: bytes, cookie: str = "", *, length: bool = True, kind: str = FORM
) -> tuple[int, int]:
    """Send a form in pieces; the status of the answer, and how much of it was asked for until then."""
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
    asked, statuses = 0, []

    async def receive() -> Message:
        nonlocal asked
        piece = pieces.pop(0) if pieces else b""
        asked += len(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = {
        "host": HOST,
        "origin": f"http://{HOST}",
        "content-type": kind,
        "cookie": f"cwg_portal={cookie}; cwg_lang=en",
    } | ({"content-length": str(len(body))} if length else {"transfer-encoding": "chunked"})
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(portal(scope, receive, send))
    return statuses[0], asked


PATHS = ["/sign-out", "/meetings", "/contributions/00000000-0000-0000-0000-000000000000/files", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("cookie", ["", "forged", "x" * 43])
def test_nothing_that_a_stranger_sends_is_read(portal: ASGIApp, world: World, path: str, cookie: str) -> None:
    assert sent(portal, path, b"title=words", cookie) == (401, 0)


@pytest.mark.parametrize("kind", ["application/partial-upload", "application/json", "text/plain", ""])
@pytest.mark.parametrize("path", ["/sign-out", "/meetings", "/uploads"])
def test_nor_is_what_is_no_form(portal: ASGIApp, world: World, path: str, kind: str) -> None:
    assert sent(portal, path, b"title=words", kind=kind) == (401, 0)
    assert sent(portal, path, b"title=words", world.sign_in("amina"), kind=kind) == (403, 0)  # no page of ours sent it


@pytest.mark.parametrize(
    "kind",
    [FORM.upper(), f" {FORM}", f"{FORM} ; charset=utf-8", "Multipart/Form-Data; boundary=x", "\tmultipart/form-data"],
)
def test_however_a_form_is_spelled_it_is_one(portal: ASGIApp, world: World, kind: str) -> None:
    assert sent(portal, "/sign-out", b"title=words", kind=kind) == (401, 0)


def test_whoever_has_a_session_is_read_up_to_the_bound(settings: Settings, world: World) -> None:
    portal = create_app(settings.model_copy(update={"largest_file": 1024}))
    secret, token = world.sign_in("amina"), create_form_token(SECRET, world.person("amina").id)
    whole = f"token={token}&everywhere=".encode()
    large = whole + b"x" * (MAX_FORM_SIZE + 2048)

    assert sent(portal, "/sign-out", large, secret)[0] == 413
    status, asked = sent(portal, "/sign-out", large * 3, secret, length=False)
    assert status == 413
    assert asked < MAX_FORM_SIZE + 3 * 65536
    assert sent(portal, "/sign-out", whole, secret) == (303, len(whole))
    portal.app.state.portal.close()


def test_what_somebody_typed_while_their_session_ran_out_is_given_back_if_it_is_a_form(
    world: World, browser: Open, portal: ASGIApp
) -> None:
    amina = browser("amina")
    secret = amina.client.cookies["cwg_portal"]
    amina.post("/sign-out")
    amina.client.cookies.set("cwg_portal", secret)

    answer: httpx2.Response = amina.post("/meetings", {"place": "Words that took an hour"})

    assert answer.status_code == 401
    assert "Words that took an hour" in answer.text
    assert sent(portal, "/meetings", b"x" * (MAX_FORM_SIZE + 1), secret) == (401, 0)
    assert sent(portal, "/meetings", b"place=words", secret, length=False) == (401, 0)


def test_what_anybody_may_send_is_small(portal: ASGIApp) -> None:
    assert list_public_write_paths(portal.app) == {"/sign-in/backchannel-logout", "/letters/stop"}

    for address, small, endless in (("/sign-in/backchannel-logout", 400, 413), ("/letters/stop", 200, 200)):
        assert sent(portal, address, b"logout_token=x")[0] == small
        assert sent(portal, address, b"x" * MAX_FORM_SIZE)[0] == 413
        status, asked = sent(portal, address, b"x" * MAX_FORM_SIZE, length=False)
        assert (status, asked <= 3 * 65536) == (endless, True)  # letters are stopped without reading what comes
