"""Signing in and out: a sealed cookie, and no trace of a reader anywhere else."""

import json
import logging
import re
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response as Answer

from app.demo.cast import CAST, PEOPLE_BY_KEY
from app.http.oidc.strict_json import decode_base64url
from app.settings import Settings
from tests.dissemination.read_path_site import ISSUER, ReaderSite


def choose_at_provider(reader_site: ReaderSite, browser: TestClient, key: str, wished: str = "/outputs") -> str:
    """Sign in at the provider as this person; returns the address of the redirect back."""
    provider = reader_site.with_provider()
    redirect = browser.get("/sign-in", params={"next": wished})
    assert (redirect.status_code, redirect.headers["location"].split("?")[0]) == (303, f"{ISSUER}/authorize")
    chosen = provider.post(redirect.headers["location"], data={"player": key})
    return chosen.headers["location"]


def sign_in(reader_site: ReaderSite, browser: TestClient, key: str, wished: str = "/outputs") -> Answer:
    return browser.get(choose_at_provider(reader_site, browser, key, wished))


def get_token(page: str) -> str:
    return re.findall(r'name="token" value="([0-9a-f]+)"', page)[0]


@pytest.mark.parametrize("key", [player.key for player in CAST])
def test_everybody_of_the_cast_can_sign_in_and_members_can_read(reader_site: ReaderSite, key: str) -> None:
    address, browser = reader_site.release(), reader_site.browser()

    answer = sign_in(reader_site, browser, key)

    assert (answer.status_code, answer.headers["location"]) == (303, "/outputs")
    assert PEOPLE_BY_KEY[key].name in browser.get("/").text
    assert browser.get(address).status_code == (403 if key == "marc" else 200)


@pytest.mark.parametrize(("wished", "leads"), [("/outputs?year=2026", "/outputs?year=2026"), ("//evil.example", "/")])
def test_signing_in_redirects_to_the_requested_page_of_this_site(
    reader_site: ReaderSite, wished: str, leads: str
) -> None:
    assert sign_in(reader_site, reader_site.browser(), "chen", wished).headers["location"] == leads


def test_the_cookies_are_http_only_session_cookies(reader_site: ReaderSite) -> None:
    answer = sign_in(reader_site, reader_site.browser(), "chen")

    lines = answer.headers.get_list("set-cookie")
    cookie = SimpleCookie(next(line for line in lines if line.startswith("cwg_read=")))["cwg_read"]
    assert (cookie["max-age"], cookie["path"], cookie["httponly"], cookie["samesite"]) == ("3600", "/", True, "lax")
    assert cookie["domain"] == ""
    assert all("httponly" in line.lower() for line in lines)
    hint = SimpleCookie(next(line for line in lines if line.startswith("read-sign-out=")))["read-sign-out"]
    assert (hint["max-age"], hint["path"], hint["samesite"]) == ("3600", "/sign-out", "strict")
    assert not any("eyJ" in line for line in lines)  # no token can be read there


def test_with_tls_the_cookies_have_the_host_prefix(settings: Settings, tmp_path: Path) -> None:
    reader_site = ReaderSite(settings.model_copy(update={"read_url": "https://127.0.0.1:8001"}), tmp_path)
    browser = reader_site.browser()

    reader_site.with_provider()
    redirect = browser.get("/sign-in")
    back = sign_in(reader_site, browser, "chen")
    reader_site.close()

    lines = [line for answer in (redirect, back) for line in answer.headers.get_list("set-cookie")]
    names = {line.split("=")[0].partition("-in")[0] for line in lines}
    assert names == {"__Host-sign", "__Host-read-sign", "__Host-cwg_read", "__Secure-read-sign-out"}
    assert all("; secure" in line.lower() and "; path=/" in line.lower() for line in lines)


def test_a_callback_works_once_and_only_in_one_browser(reader_site: ReaderSite) -> None:
    first_browser, second_browser = reader_site.browser(), reader_site.browser()
    address = choose_at_provider(reader_site, first_browser, "chen")
    saved = dict(first_browser.cookies)

    stolen = second_browser.get(address)
    first = first_browser.get(address)
    first_browser.cookies.update(saved)
    second = first_browser.get(address)

    expired = "/sign-in/refused/expired"
    assert [answer.headers["location"] for answer in (stolen, first, second)] == [expired, "/outputs", expired]
    assert "cwg_read" not in second_browser.cookies


def test_another_site_signs_no_one_in_without_their_click(reader_site: ReaderSite) -> None:
    reader_site.with_provider()
    browser, wished = reader_site.browser(), "/sign-in?next=/outputs"
    led = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    page = browser.get(wished, headers=led)

    assert page.status_code == 401
    assert "you did not ask to sign in" in page.text
    assert f'href="{wished}"' in page.text  # the button goes on to the page that was wished
    for headers in (led | {"Sec-Fetch-User": "?1"}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}, {}):
        begun = browser.get(wished, headers=headers)
        assert begun.status_code == 303
        assert begun.headers["location"].startswith(ISSUER)


def test_a_program_that_probes_the_callback_uses_nothing(reader_site: ReaderSite) -> None:
    browser = reader_site.browser()
    address = choose_at_provider(reader_site, browser, "chen")

    probed = [browser.head(each) for each in (address, "/sign-in")]
    slashed = [browser.get(each) for each in (address.replace("callback?", "callback/?"), "/sign-in/", "/outputs/")]

    assert [(answer.status_code, answer.headers.get("allow")) for answer in probed] == [(405, "GET")] * 2
    assert [(answer.status_code, "location" in answer.headers) for answer in slashed] == [(404, False)] * 3
    assert browser.get(address).headers["location"] == "/outputs"


def test_a_member_state_that_does_not_exist_reads_nothing(reader_site: ReaderSite) -> None:
    cast, browser = [replace(CAST[0], entity="ZZZ"), *CAST[1:]], reader_site.browser()
    provider = reader_site.with_provider(cast)
    chosen = provider.post(browser.get("/sign-in").headers["location"], data={"player": CAST[0].key})

    assert browser.get(chosen.headers["location"]).headers["location"] == "/sign-in/refused/incomplete"
    assert "cwg_read" not in browser.cookies
    assert "does not match your category of membership" in browser.get("/sign-in/refused/incomplete").text


def test_a_refused_sign_in_deletes_its_attempt(reader_site: ReaderSite) -> None:
    browser = reader_site.browser()
    address = choose_at_provider(reader_site, browser, "chen")
    assert any(name.startswith("sign-in-attempt") for name in browser.cookies)

    answer = browser.get(address.replace("code=", "code=x"))

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/refused/refused")
    assert "You could not be signed in" in browser.get("/sign-in/refused/refused").text
    assert not any(name.startswith("sign-in-attempt") for name in browser.cookies)


def test_signing_out_deletes_the_cookie_and_redirects_to_the_provider(reader_site: ReaderSite) -> None:
    browser = reader_site.browser()
    sign_in(reader_site, browser, "marc")
    headers = {"Origin": reader_site.settings.read_url}

    answer = browser.post("/sign-out", data={"token": get_token(browser.get("/").text)}, headers=headers)

    assert answer.status_code == 303
    leads = urlsplit(answer.headers["location"])
    assert f"{leads.scheme}://{leads.netloc}{leads.path}" == f"{ISSUER}/sign-out"
    parameters = dict(parse_qsl(leads.query))
    assert parameters["post_logout_redirect_uri"] == f"{reader_site.settings.read_url}/"
    claims = json.loads(decode_base64url(parameters["id_token_hint"].split(".")[1], "form"))
    assert claims["sub"] == PEOPLE_BY_KEY["marc"].subject
    assert "read-sign-out" not in browser.cookies
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "cwg_read" not in browser.cookies
    assert "Marc Delcourt" not in browser.get("/").text


def test_a_token_that_fits_into_no_cookie_is_no_hint_and_hinders_nothing(reader_site: ReaderSite) -> None:
    browser = reader_site.browser()
    sign_in(reader_site, browser, "chen")
    assert "read-sign-out" in browser.cookies
    roles = tuple(f"a-role-of-another-system-{number}" for number in range(200))
    provider = reader_site.with_provider([replace(each, roles=roles) for each in CAST])
    chosen = provider.post(browser.get("/sign-in").headers["location"], data={"player": "chen"})

    answer = browser.get(chosen.headers["location"])

    assert "cwg_read" in answer.headers["set-cookie"]
    assert "read-sign-out" not in browser.cookies  # neither that of the sign-in before
    headers = {"Origin": reader_site.settings.read_url}
    left = browser.post("/sign-out", data={"token": get_token(browser.get("/").text)}, headers=headers)
    assert "id_token_hint" not in left.headers["location"]
    assert left.headers["location"].startswith(f"{ISSUER}/sign-out?")


def test_only_the_reader_can_sign_out(reader_site: ReaderSite) -> None:
    reader_site.with_provider()
    browser, other = reader_site.browser("academia"), reader_site.browser("academia")
    own_token, other_token = (get_token(each.get("/").text) for each in (browser, other))
    same_origin = {"Origin": reader_site.settings.read_url}

    tries = [
        browser.post("/sign-out", data={"token": other_token}, headers=same_origin),
        browser.post("/sign-out", data={}, headers=same_origin),
        browser.post("/sign-out", data={"token": own_token}, headers={"Origin": "https://evil.example"}),
        browser.post("/sign-out", data={"token": own_token}),
        browser.get("/sign-out"),
    ]
    good = browser.post("/sign-out", data={"token": own_token}, headers=same_origin)

    assert [answer.status_code for answer in tries] == [403, 403, 403, 403, 405]
    assert good.status_code == 303
    assert browser.post("/sign-out", data={"token": own_token}, headers=same_origin).status_code == 401


def test_the_log_gives_the_reason_and_never_the_reader_or_the_page(
    reader_site: ReaderSite, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="httpx2")  # the client's own header is the client's data
    caplog.set_level(0)  # last, since the handler keeps the level that was set last
    address = reader_site.release()
    browser = reader_site.browser()
    sign_in(reader_site, browser, "chen")
    assert browser.get(f"{address}/files/en").status_code == 200
    assert browser.get(f"{address}/files/es").status_code == 404
    assert "refused" in browser.get("/sign-in/callback?state=x&code=secret-code").headers["location"]

    written = capfd.readouterr()
    relevant = [record for record in caplog.records if not record.name.startswith(("httpx", "asyncio"))]
    lines = written.out + written.err + "".join(record.getMessage() for record in relevant)

    assert "sign-in refused" in lines
    cookie = browser.cookies["cwg_read"]
    secrets = (PEOPLE_BY_KEY["chen"].name, "demo-chen", "chen@", "LANTERN", address, "secret-code", cookie)
    assert [secret for secret in secrets if secret in lines] == []
