"""The demo's identity provider: it signs anybody in, on this machine only, and follows the protocol exactly."""

import asyncio
import re
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.clock import now, shifted_clock
from app.core.i18n import LANGUAGES
from app.demo.cast import CAST, PEOPLE_BY_KEY
from app.demo.issuing import DEMO_ACR, DemoClient, build_claims
from app.demo.provider import create_identity_provider
from app.domain.identity.models.claims import ClaimNames, read_claims
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.flow import begin_sign_in, complete_sign_in
from app.http.oidc.logout import verify_logout_token
from app.http.oidc.provider import IdentityProvider
from app.http.oidc.sealed_cookies import ReplayGuard

ISSUER = "http://127.0.0.1:8002/demo-provider"
CALLBACK = "http://127.0.0.1:8000/sign-in/callback"
HOME = "http://127.0.0.1:8000/"
BROWSER = "b" * 43
SECRET = "the secret of the portal"
PORTAL = DemoClient("portal", SECRET, (CALLBACK,), (HOME,), "http://127.0.0.1:8000/sign-in/backchannel-logout")
READER = DemoClient("reader", "the secret of the reader", ("http://127.0.0.1:8001/sign-in/callback",))


class Demo:
    """The provider, a portal that receives notices of sign-outs, and a browser."""

    def __init__(self, **options):
        self.logout_tokens = []
        portal = Starlette(routes=[Route("/sign-in/backchannel-logout", self.hear, methods=["POST"])])
        self.app = create_identity_provider(
            ISSUER, [PORTAL, READER], CAST, http=lambda: httpx2.ASGITransport(app=portal), **options
        )
        self.provider = IdentityProvider(
            ISSUER, "portal", SECRET, ["RS256"], "openid profile email", allow_demo=True, transport=self.transport
        )

    async def hear(self, request: Request) -> Response:
        async with request.form() as form:
            self.logout_tokens.append(form["logout_token"])
        return Response()

    def transport(self, **options):
        return httpx2.ASGITransport(app=self.app, **options)

    @asynccontextmanager
    async def browser(self):
        async with httpx2.AsyncClient(transport=self.transport()) as browser:
            yield browser

    async def sign_in(self, browser, key, **more):
        address, attempt = await begin_sign_in(self.provider, CALLBACK, "/", BROWSER, **more)
        page = await browser.get(address)
        assert page.status_code == 200
        answer = await browser.post(address, data={"player": key})
        query = parse_qsl(urlsplit(answer.headers["location"]).query)
        return await complete_sign_in(self.provider, CALLBACK, query, attempt, BROWSER)


def run(work):
    return asyncio.run(work)


async def code_for(demo, browser, **changes):
    """A code, and the form by which the portal gives it for tokens."""
    address, attempt = await begin_sign_in(demo.provider, CALLBACK, "/", BROWSER)
    answer = await browser.post(address, data={"player": "amina"})
    code = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return form | {"code_verifier": attempt.verifier} | changes


def test_a_person_who_has_to_sign_in_again_is_asked_again_and_the_token_says_when_and_how():
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            await demo.sign_in(browser, "amina")
            with shifted_clock(timedelta(hours=1)):
                return now(), await demo.sign_in(browser, "amina", max_age=60, acr=DEMO_ACR)

    at, completed = run(story())

    assert completed.acr == DEMO_ACR
    assert timedelta(0) <= completed.authenticated_at - at.replace(microsecond=0) <= timedelta(minutes=5)


def test_the_provider_claims_no_class_that_it_does_not_have():
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            assert (await demo.sign_in(browser, "amina")).acr is None
            with pytest.raises(OidcVerificationError, match="acr"):
                await demo.sign_in(browser, "amina", max_age=60, acr="urn:example:key")

    run(story())


@pytest.mark.parametrize("player", CAST, ids=lambda player: player.key)
def test_everybody_of_the_cast_signs_in_with_claims_that_can_be_read(player):
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            return await demo.sign_in(browser, player.key)

    done = run(story())

    claims = read_claims(ISSUER, done.claims, done.userinfo, ClaimNames())
    assert (claims.subject, claims.name, claims.entity) == (player.subject, player.name, player.entity)
    assert done.userinfo == build_claims(player)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_itself_and_lists_the_cast(language):
    async def story():
        demo = Demo(stylesheet="http://127.0.0.1:8000/static/portal.css")
        async with demo.browser() as browser:
            address, _ = await begin_sign_in(
                demo.provider, CALLBACK, "/", BROWSER, languages=language, login_hint="rafael"
            )
            return await browser.get(address)

    page = run(story())

    assert re.search(r'<html lang="(\w+)"', page.text)[1] == language
    assert next(key for key in re.findall(r'value="([a-z]+)"', page.text) if key in PEOPLE_BY_KEY) == "rafael"
    assert Counter(re.findall(r'name="player"', page.text))['name="player"'] == len(CAST) + 1
    assert page.text.count("autofocus") == 1
    assert '<link rel="stylesheet" href="http://127.0.0.1:8000/static/portal.css">' in page.text
    assert "<script" not in page.text
    assert "style-src http://127.0.0.1:8000;" in page.headers["content-security-policy"]
    assert f"form-action 'self' {HOME[:-1]}" in page.headers["content-security-policy"]


def test_going_back_without_signing_in_does_not_sign_in():
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            with pytest.raises(OidcVerificationError, match="provider-access_denied"):
                await demo.sign_in(browser, "")
            with pytest.raises(OidcVerificationError, match="provider-access_denied"):
                await demo.sign_in(browser, "somebody else")

    run(story())


def test_the_portal_refuses_the_demo_provider_unless_it_is_allowed():
    demo = Demo()
    provider = IdentityProvider(ISSUER, "portal", SECRET, ["RS256"], "openid", transport=demo.transport)

    with pytest.raises(OidcVerificationError, match="demo-provider"):
        run(begin_sign_in(provider, CALLBACK, "/", BROWSER))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"code_challenge": None}, "redirect"),
        ({"code_challenge_method": "plain"}, "redirect"),
        ({"code_challenge_method": None}, "redirect"),
        ({"nonce": None}, "redirect"),
        ({"response_type": "id_token"}, "redirect"),
        ({"prompt": "none"}, "redirect"),
        ({"redirect_uri": CALLBACK + "/"}, "page"),
        ({"redirect_uri": CALLBACK + "?a=b"}, "page"),
        ({"redirect_uri": "http://127.0.0.1:9999/sign-in/callback"}, "page"),
        ({"redirect_uri": None}, "page"),
        ({"client_id": "unknown"}, "page"),
        ({"client_id": None}, "page"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_deviates_from_the_protocol_is_refused(changes, where, method):
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            await demo.sign_in(browser, "amina")
            browser.cookies.clear()
            address, _ = await begin_sign_in(demo.provider, CALLBACK, "/", BROWSER)
            asked = dict(parse_qsl(urlsplit(address).query)) | changes
            params = {name: value for name, value in asked.items() if value is not None}
            return await browser.request(
                method, f"{ISSUER}/authorize", params=params, data={"player": "amina"} if method == "POST" else None
            )

    answer = run(story())

    if where == "page":
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        return
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert answer.headers["location"].startswith(CALLBACK + "?")
    assert (back["iss"], "error" in back, "code" in back) == (ISSUER, True, False)


@pytest.mark.parametrize(
    ("changes", "auth"),
    [
        ({"code_verifier": "v" * 43}, ("portal", SECRET)),
        ({"code_verifier": ""}, ("portal", SECRET)),
        ({"redirect_uri": CALLBACK + "/"}, ("portal", SECRET)),
        ({"code": "another"}, ("portal", SECRET)),
        ({}, ("portal", "wrong")),
        ({}, ("reader", "the secret of the reader")),
        ({"client_id": "portal"}, None),
    ],
)
def test_a_code_is_refused_from_others_or_without_its_verifier(changes, auth):
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            good = await browser.post(f"{ISSUER}/token", data=await code_for(demo, browser), auth=("portal", SECRET))
            bad = await browser.post(f"{ISSUER}/token", data=await code_for(demo, browser, **changes), auth=auth)
            return good, bad

    good, bad = run(story())

    assert "id_token" in good.json()
    assert (bad.status_code in {400, 401}, "id_token" in bad.json()) == (True, False)


def test_a_code_is_valid_once_and_for_a_minute():
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            form, late = await code_for(demo, browser), await code_for(demo, browser)
            answers = [await browser.post(f"{ISSUER}/token", data=form, auth=("portal", SECRET)) for _ in range(2)]
            with shifted_clock(timedelta(seconds=61)):
                return [*answers, await browser.post(f"{ISSUER}/token", data=late, auth=("portal", SECRET))]

    assert [answer.status_code for answer in run(story())] == [200, 400, 400]


def test_userinfo_requires_a_valid_token():
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            form = await code_for(demo, browser)
            token = (await browser.post(f"{ISSUER}/token", data=form, auth=("portal", SECRET))).json()["access_token"]
            bearer = {"authorization": f"Bearer {token}"}
            answers = [await browser.get(f"{ISSUER}/userinfo", headers=headers) for headers in (bearer, {})]
            with shifted_clock(timedelta(minutes=10)):
                return [*answers, await browser.get(f"{ISSUER}/userinfo", headers=bearer)]

    assert [answer.status_code for answer in run(story())] == [200, 401, 401]


def test_signing_out_is_confirmed_announced_to_the_portal_and_leads_back():
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            done = await demo.sign_in(browser, "amina")
            address = await demo.provider.end_session_url(HOME)
            page = await browser.get(address)
            assert "Amina Wanjiru Otieno" in page.text
            assert demo.logout_tokens == []
            answer = await browser.post(address, data={"confirmed": "yes"})
            assert (answer.status_code, answer.headers["location"]) == (303, HOME)
            notice = await verify_logout_token(demo.provider, demo.logout_tokens[0])
            assert len(demo.logout_tokens) == 1
            assert not browser.cookies
            return done, notice.redeem(ReplayGuard())

    done, ended = run(story())

    assert (ended.issuer, ended.subject, ended.sid) == (ISSUER, "demo-amina", done.claims["sid"])


def test_signing_out_with_the_id_token_needs_no_confirmation():
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            done = await demo.sign_in(browser, "amina")
            forged = done.id_token[:-10] + "AAAAAAAAAA"
            page = await browser.get(await demo.provider.end_session_url(HOME, forged))
            assert (page.status_code, demo.logout_tokens) == (200, [])
            answer = await browser.get(await demo.provider.end_session_url(HOME, done.id_token))
            return answer.headers["location"], len(demo.logout_tokens)

    assert run(story()) == (HOME, 1)


def test_signing_out_redirects_only_to_registered_addresses():
    async def story():
        demo = Demo()
        async with demo.browser() as browser:
            done = await demo.sign_in(browser, "amina")
            return await browser.get(await demo.provider.end_session_url("http://127.0.0.1:9999/", done.id_token))

    answer = run(story())
    assert (answer.status_code, "location" in answer.headers) == (200, False)


def test_a_client_that_does_not_answer_does_not_prevent_signing_out():
    class Dead(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request):
            raise httpx2.ConnectError("nobody there", request=request)

    async def story():
        demo = Demo()
        demo.app = create_identity_provider(ISSUER, [PORTAL], CAST, http=Dead)
        async with demo.browser() as browser:
            done = await demo.sign_in(browser, "amina")
            return await browser.get(await demo.provider.end_session_url(HOME, done.id_token))

    assert run(story()).headers["location"] == HOME


@pytest.mark.parametrize(
    ("issuer", "clients"),
    [
        ("https://id.example.org/demo-provider", [PORTAL]),
        ("http://0.0.0.0:8002/demo-provider", [PORTAL]),
        ("http://127.0.0.1.example.org/demo-provider", [PORTAL]),
        (ISSUER, [DemoClient("portal", SECRET, ("https://portal.example.org/sign-in/callback",))]),
        (ISSUER, [DemoClient("portal", SECRET, (CALLBACK,), (), "https://portal.example.org/logout")]),
    ],
)
def test_the_provider_is_created_on_loopback_only(issuer, clients):
    create_identity_provider(ISSUER, [PORTAL], CAST)

    with pytest.raises(ValueError, match="for loopback only"):
        create_identity_provider(issuer, clients, CAST)


@pytest.mark.parametrize(
    ("client", "host", "status"),
    [
        (("127.0.0.1", 1), "127.0.0.1:8002", 200),
        (("192.0.2.7", 1), "127.0.0.1:8002", 403),
        (("127.0.0.1", 1), "evil.example.org", 403),
        (("127.0.0.1", 1), "127.0.0.1:9999", 403),
    ],
)
def test_requests_from_another_address_or_to_another_host_are_refused(client, host, status):
    async def story():
        async with httpx2.AsyncClient(transport=Demo().transport(client=client)) as browser:
            return await browser.get(f"{ISSUER}/jwks", headers={"host": host})

    assert run(story()).status_code == status


def test_the_cast_is_complete():
    assert Counter(player.capacity for player in CAST if player.capacity) == {
        "head_of_delegation": 1,
        "focal_point": 1,
        "delegate": 2,
        "chair": 1,
        "vice_chair": 1,
        "secretary": 2,
    }
    assert {player.locale for player in CAST} == set(LANGUAGES)
    assert len({player.subject for player in CAST}) == len({player.email for player in CAST}) == len(CAST)
    assert {"KEN", "BRA", "JPN", "CHE"} <= {player.entity for player in CAST}
    assert {"sector_member", "academia", "itu_staff", "external"} <= {player.membership for player in CAST}
