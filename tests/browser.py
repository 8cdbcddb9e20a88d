"""A browser for tests: somebody's cookie, the form token, and the headers that a real browser sends."""

from contextlib import ExitStack
from functools import cache
from typing import Self

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from app.http.csrf import create_form_token
from app.settings import Settings
from tests.world import World

_open = ExitStack()


@cache
def loop() -> BlockingPortal:
    """One loop for the requests of all tests of this process, as a server has it; else each request begins a thread
    and a loop of its own."""
    return _open.enter_context(start_blocking_portal())


def end_loop() -> None:
    """At the end of the run. Without it the process would wait for the loop's thread."""
    loop.cache_clear()
    _open.close()


def on_one_loop(client: TestClient) -> TestClient:
    client.portal = loop()
    return client


class Browser:
    """Signed in as one of the cast, or not signed in. Does not follow redirects unless asked."""

    def __init__(self, portal: ASGIApp, settings: Settings, world: World, who: str | None = None) -> None:
        self.client = on_one_loop(TestClient(portal, base_url=settings.portal_url, follow_redirects=False))
        self.client.cookies.set("cwg_lang", "en")  # the cast speaks six languages; tests read English
        self.origin = settings.portal_url
        self.token = ""
        if who is not None:
            self.client.cookies.set("cwg_portal", world.sign_in(who))
            secret = settings.session_secret.get_secret_value()
            self.token = create_form_token(secret, world.person_id(who))

    def get(self, path: str, **options: object) -> httpx2.Response:
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, object] | None = None, **options: object) -> httpx2.Response:
        """Send a form as a page of ours would."""
        return self.send("POST", path, data, **options)

    def send(self, method: str, path: str, data: dict[str, object] | None = None, **options: object) -> httpx2.Response:
        """The same by another method."""
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"} | dict(options.pop("headers", {}))
        return self.client.request(method, path, data={"token": self.token} | (data or {}), headers=headers, **options)

    def close(self) -> None:
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
