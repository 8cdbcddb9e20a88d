"""Request bodies of unknown visitors are not read; those of signed-in users up to a limit."""

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


def send_form(
    portal: ASGIApp, path: str, body: bytes, cookie: str = "", *, length: bool = True, kind: str = FORM
) -> tuple[int, int]:
    """Send a form in pieces; return the status, and how many bytes were read before the response."""
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
    requested, statuses = 0, []

    async def receive() -> Message:
        nonlocal requested
        piece = pieces.pop(0) if pieces else b""
        requested += len(piece)
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
    return statuses[0], requested


PATHS = ["/sign-out", "/meetings", "/contributions/00000000-0000-0000-0000-000000000000/files", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("cookie", ["", "forged", "x" * 43])
def test_no_body_of_an_unknown_visitor_is_read(portal: ASGIApp, world: World, path: str, cookie: str) -> None:
    assert send_form(portal, path, b"title=words", cookie) == (401, 0)


@pytest.mark.parametrize("kind", ["application/partial-upload", "application/json", "text/plain", ""])
@pytest.mark.parametrize("path", ["/sign-out", "/meetings", "/uploads"])
def test_a_body_that_is_not_a_form_is_not_read(portal: ASGIApp, world: World, path: str, kind: str) -> None:
    assert send_form(portal, path, b"title=words", kind=kind) == (401, 0)
    assert send_form(portal, path, b"title=words", world.sign_in("amina"), kind=kind) == (
        403,
        0,
    )  # not sent by any page of the portal


@pytest.mark.parametrize(
    "kind",
    [FORM.upper(), f" {FORM}", f"{FORM} ; charset=utf-8", "Multipart/Form-Data; boundary=x", "\tmultipart/form-data"],
)
def test_every_spelling_of_a_form_media_type_is_accepted(portal: ASGIApp, world: World, kind: str) -> None:
    assert send_form(portal, "/sign-out", b"title=words", kind=kind) == (401, 0)


def test_bodies_of_signed_in_users_are_read_up_to_the_limit(settings: Settings, world: World) -> None:
    portal = create_app(settings.model_copy(update={"largest_file": 1024}))
    secret, token = world.sign_in("amina"), create_form_token(SECRET, world.person("amina").id)
    form = f"token={token}&everywhere=".encode()
    large = form + b"x" * (MAX_FORM_SIZE + 2048)

    assert send_form(portal, "/sign-out", large, secret)[0] == 413
    status, requested = send_form(portal, "/sign-out", large * 3, secret, length=False)
    assert status == 413
    assert requested < MAX_FORM_SIZE + 3 * 65536
    assert send_form(portal, "/sign-out", form, secret) == (303, len(form))
    portal.app.state.portal.close()


def test_a_form_typed_in_an_expired_session_is_returned(world: World, browser: Open, portal: ASGIApp) -> None:
    amina = browser("amina")
    secret = amina.client.cookies["cwg_portal"]
    amina.post("/sign-out")
    amina.client.cookies.set("cwg_portal", secret)

    answer: httpx2.Response = amina.post("/meetings", {"place": "Words that took an hour"})

    assert answer.status_code == 401
    assert "Words that took an hour" in answer.text
    assert send_form(portal, "/meetings", b"x" * (MAX_FORM_SIZE + 1), secret) == (401, 0)
    assert send_form(portal, "/meetings", b"place=words", secret, length=False) == (401, 0)


def test_bodies_of_public_routes_are_small(portal: ASGIApp) -> None:
    assert list_public_write_paths(portal.app) == {"/sign-in/backchannel-logout", "/letters/stop"}

    for address, small, endless in (("/sign-in/backchannel-logout", 400, 413), ("/letters/stop", 200, 200)):
        assert send_form(portal, address, b"logout_token=x")[0] == small
        assert send_form(portal, address, b"x" * MAX_FORM_SIZE)[0] == 413
        status, requested = send_form(portal, address, b"x" * MAX_FORM_SIZE, length=False)
        assert (status, requested <= 3 * 65536) == (endless, True)  # logout tokens are refused without reading the body
