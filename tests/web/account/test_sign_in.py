"""Signing in to the portal at the demo provider: real servers, and a client that only follows links and forms."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import func, select

from app.core.db import Base, transaction
from app.demo.cast import CAST, PEOPLE_BY_KEY
from app.demo.issuing import DemoClient
from app.demo.provider import create_identity_provider
from app.domain.identity.models.tables import UserSession
from app.http.csrf import create_form_token
from app.settings import Settings
from tests.browser import Browser
from tests.conftest import SECRET
from tests.http_server import free_port, served
from tests.portal_app import open_portal_copy
from tests.world import World

CLIENT_SECRET = "the portal's secret at the provider"


@dataclass
class Deployment:
    """A portal and a provider, and HTTP clients for them."""

    settings: Settings
    world: World

    def browser(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.settings.portal_url, follow_redirects=False, timeout=20)

    def follow(self, browser: httpx2.Client, answer: httpx2.Response) -> httpx2.Response:
        while answer.is_redirect:
            answer = browser.get(answer.headers["Location"])
        return answer

    def choose(self, browser: httpx2.Client, page: httpx2.Response, who: str) -> httpx2.Response:
        """Choose this person on the provider's page; returns the portal's response to the callback."""
        assert "Who would you like to be?" in page.text
        sent = browser.post(str(page.url), data={"player": who})
        return browser.get(sent.headers["Location"])

    def sign_in(self, browser: httpx2.Client, who: str, next_path: str = "/account") -> httpx2.Response:
        page = self.follow(browser, browser.get("/sign-in", params={"next": next_path, "lang": "en"}))
        return self.choose(browser, page, who)

    def post(self, browser: httpx2.Client, path: str, **data: str) -> httpx2.Response:
        with transaction(self.world.read) as session:
            person = session.scalars(select(UserSession.person_id).order_by(UserSession.began_at.desc()).limit(1)).one()
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
def deployment(settings: Settings, world: World, portal_url: str, issuer: str) -> Iterator[Deployment]:
    settings = settings.model_copy(
        update={
            "demo": True,
            "portal_url": portal_url,
            "oidc_issuer": issuer,
            "oidc_client_secret": type(settings.oidc_client_secret)(CLIENT_SECRET),
        }
    )
    with open_portal_copy(settings) as portal, served(portal, int(portal_url.rpartition(":")[2])):
        yield Deployment(settings, world)


def test_a_signed_in_person_sees_their_own_name(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        answer = deployment.sign_in(browser, "amina")
        page = deployment.follow(browser, answer)

        assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
        assert "Amina Wanjiru Otieno" in page.text
        cookie = next(line for line in answer.headers.get_list("Set-Cookie") if line.startswith("cwg_portal="))
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie


def test_a_signed_in_person_without_a_seat_sees_their_name_and_what_to_do(deployment: Deployment) -> None:
    for who in ("marc", "wambui", "chen"):
        with deployment.browser() as browser:
            page = deployment.follow(browser, deployment.sign_in(browser, who, "/"))

            assert page.status_code == 200
            assert PEOPLE_BY_KEY[who].name in page.text


def test_no_token_reaches_the_browser(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        answer = deployment.sign_in(browser, "amina")
        page = deployment.follow(browser, answer)

        for text in (page.text, str(answer.headers), str(dict(browser.cookies))):
            assert not re.search(r"eyJ[A-Za-z0-9_-]{10,}\.", text)


def test_two_tabs_both_sign_in(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        first = deployment.follow(browser, browser.get("/sign-in?next=/account"))
        second = deployment.follow(browser, browser.get("/sign-in?next=/meetings"))

        assert deployment.choose(browser, first, "amina").headers["Location"] == "/account"
        assert deployment.choose(browser, second, "amina").headers["Location"] == "/meetings"


def test_a_callback_works_once(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        page = deployment.follow(browser, browser.get("/sign-in?next=/account"))
        sent = browser.post(str(page.url), data={"player": "amina"})
        assert browser.get(sent.headers["Location"]).status_code == 303

        again = browser.get(sent.headers["Location"])

        assert again.status_code == 400
        assert not any(line.startswith("cwg_portal=") for line in again.headers.get_list("Set-Cookie"))


def test_a_callback_works_only_in_the_browser_that_started_it(deployment: Deployment) -> None:
    with deployment.browser() as browser, deployment.browser() as stranger:
        page = deployment.follow(browser, browser.get("/sign-in"))
        sent = browser.post(str(page.url), data={"player": "amina"})

        assert stranger.get(sent.headers["Location"]).status_code == 400
        assert stranger.get("/account").status_code == 401


def test_an_attempt_that_took_too_long_is_refused(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.http.oidc.flow.ATTEMPT_LIFETIME", timedelta(seconds=2))
    with deployment.browser() as browser:
        started = browser.get("/sign-in")
        cookies = dict(browser.cookies)
        page = deployment.follow(browser, started)
        sent = browser.post(str(page.url), data={"player": "amina"})
        time.sleep(2.1)

        assert httpx2.get(sent.headers["Location"], cookies=cookies).status_code == 400


def test_a_callback_with_copied_cookies_is_refused(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        page = deployment.follow(browser, browser.get("/sign-in"))
        cookies = dict(browser.cookies)
        sent = browser.post(str(page.url), data={"player": "amina"})
        assert browser.get(sent.headers["Location"]).status_code == 303

        assert httpx2.get(sent.headers["Location"], cookies=cookies).status_code == 400


def test_starting_to_sign_in_writes_no_rows(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        before = count_rows(deployment)
        for _ in range(20):
            assert browser.get("/sign-in").status_code == 303
            browser.get("/sign-in/callback?state=x&code=y")
        assert count_rows(deployment) == before
        assert len(browser.cookies) <= 7  # five attempts, the browser's own cookie, the language

        deployment.sign_in(browser, "amina")
        assert count_rows(deployment) > before


def count_rows(deployment: Deployment) -> int:
    """Count the rows of all tables together that the portal may read."""
    tables = [table for table in Base.metadata.sorted_tables if not table.name.endswith("row_digest")]
    with transaction(deployment.world.read) as session:
        return sum(session.scalar(select(func.count()).select_from(table)) for table in tables)


@pytest.mark.parametrize("next_path", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x()"])
def test_signing_in_never_redirects_to_another_site(deployment: Deployment, next_path: str) -> None:
    with deployment.browser() as browser:
        assert deployment.sign_in(browser, "amina", next_path).headers["Location"] == "/"


def test_signing_out_ends_the_session_on_the_server(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")
        cookies = dict(browser.cookies)
        assert browser.get("/account").status_code == 200

        answer = deployment.post(browser, "/sign-out")
        onwards = browser.get(answer.headers["Location"])

        assert answer.status_code == 303
        assert onwards.headers["Location"].startswith(deployment.settings.oidc_issuer)
        assert browser.get("/account").status_code == 401
        assert httpx2.get(f"{deployment.settings.portal_url}/account", cookies=cookies).status_code == 401


def test_signing_in_again_creates_a_new_session_secret(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")
        first = browser.cookies["cwg_portal"]
        deployment.sign_in(browser, "amina")

        assert browser.cookies["cwg_portal"] != first


def test_signing_out_at_the_provider_ends_the_portals_session(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")
        assert browser.get("/account").status_code == 200

        discovery = browser.get(f"{deployment.settings.oidc_issuer}/.well-known/openid-configuration").json()
        end = discovery["end_session_endpoint"]
        browser.post(end, data={"confirmed": "yes"})

        assert browser.get("/account").status_code == 401


def test_a_forged_logout_token_ends_nothing(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")

        answer = browser.post("/sign-in/backchannel-logout", data={"logout_token": "e30.e30.e30"})

        assert answer.status_code == 400
        assert browser.get("/account").status_code == 200


def test_signing_out_does_not_wait_for_the_provider(browser: Callable[..., Browser]) -> None:
    amina = browser("amina")
    assert amina.get("/account").status_code == 200

    answer = amina.post("/sign-out")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-out/provider")
    assert amina.get("/account").status_code == 401
    assert amina.get("/sign-out/provider").headers["Location"] == "/"  # the provider does not answer
