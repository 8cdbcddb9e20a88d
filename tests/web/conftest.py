"""Browsers that ask for English, for tests that read the text of a page; and a portal and the demo's provider as real
servers, with clients that only follow links and forms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import httpx2
import pytest
from sqlalchemy import select
from starlette.datastructures import State

from app.core.db import transaction
from app.core.hashing import hash_secret
from app.demo.cast import CAST
from app.demo.issuing import DemoClient
from app.demo.provider import create_identity_provider
from app.domain.identity.models.tables import UserSession
from app.http.concurrency import ConcurrencyLimiter
from app.http.csrf import create_form_token
from app.settings import Settings
from tests.browser import Browser
from tests.conftest import SECRET, Database
from tests.http_server import free_port, served
from tests.portal_app import open_portal_copy
from tests.world import World, change_issuer

CLIENT_SECRET = "the portal's secret at the provider"


@pytest.fixture
def english(browser: Callable[..., Browser]) -> Callable[..., Browser]:
    def open_browser(who: str | None = None) -> Browser:
        opened = browser(who)
        opened.client.cookies.set("cwg_lang", "en")
        return opened

    return open_browser


@dataclass
class Deployment:
    """A portal and a provider, and HTTP clients for them."""

    settings: Settings
    world: World
    state: State
    """That of the portal's application."""

    def limit_slots(self, **slots: int) -> None:
        """Let the portal have this many slots of a kind."""
        limiter = ConcurrencyLimiter(**slots)
        self.state.portal = replace(self.state.portal, limiter=limiter)

    def browser(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.settings.portal_url, follow_redirects=False, timeout=60)

    def follow(self, browser: httpx2.Client, answer: httpx2.Response) -> httpx2.Response:
        while answer.is_redirect:
            answer = browser.get(answer.headers["Location"])
        return answer

    def choose(self, browser: httpx2.Client, page: httpx2.Response, who: str) -> httpx2.Response:
        """Choose this person on the provider's page; returns the portal's response to the callback."""
        assert "Choose a person to sign in as" in page.text
        sent = browser.post(str(page.url), data={"player": who})
        return browser.get(sent.headers["Location"])

    def sign_in(self, browser: httpx2.Client, who: str, next_path: str = "/account") -> httpx2.Response:
        page = self.follow(browser, browser.get("/sign-in", params={"next": next_path, "lang": "en"}))
        return self.choose(browser, page, who)

    def post(self, browser: httpx2.Client, path: str, **data: str) -> httpx2.Response:
        """Send a form as a page made for the person of this browser would."""
        digest = hash_secret(browser.cookies["cwg_portal"])
        with transaction(self.world.read) as session:
            person = session.scalars(select(UserSession.person_id).where(UserSession.secret_digest == digest)).one()
        token = create_form_token(SECRET, person)
        return browser.post(path, data={"token": token} | data, headers={"Origin": self.settings.portal_url})


@pytest.fixture(scope="module")
def portal_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def issuer(portal_url: str) -> Iterator[str]:
    """A provider for all tests here, which know it by the cookies of their own browsers only."""
    client = DemoClient(
        "portal",
        CLIENT_SECRET,
        (f"{portal_url}/sign-in/callback",),
        (f"{portal_url}/",),
        f"{portal_url}/sign-in/backchannel-logout",
    )
    port = free_port()
    issuer = f"http://127.0.0.1:{port}/demo-provider"
    with served(create_identity_provider(issuer, [client], CAST), port):
        yield issuer


@pytest.fixture
def deployment(
    request: pytest.FixtureRequest,
    settings: Settings,
    database: Database,
    world: World,
    portal_url: str,
    issuer: str,
) -> Iterator[Deployment]:
    """With other settings, if the test gives some. The roster is that of people of this provider."""
    change_issuer(database.owner, issuer)
    settings = settings.model_copy(
        update={
            "demo": True,
            "portal_url": portal_url,
            "oidc_issuer": issuer,
            "oidc_client_secret": type(settings.oidc_client_secret)(CLIENT_SECRET),
            **getattr(request, "param", {}),
        }
    )
    with open_portal_copy(settings) as portal, served(portal, int(portal_url.rpartition(":")[2])):
        yield Deployment(settings, world, portal.app.state)
