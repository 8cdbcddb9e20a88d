"""Signing in and out: a sealed cookie, and no trace of anybody anywhere else."""

import logging
import re
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response as Answer

from app.demo.cast import CAST, PEOPLE_BY_KEY
from app.settings import Settings
from tests.dissemination.read_path_site import ISSUER, Place


def back_from_provider(place: Place, browser: TestClient, key: str, wished: str = "/outputs") -> str:
    """Go to the provider and choose who one is; the address that one is sent back to."""
    provider = place.with_provider()
    there = browser.get("/sign-in", params={"next": wished})
    assert (there.status_code, there.headers["location"].split("?")[0]) == (303, f"{ISSUER}/authorize")
    chosen = provider.post(there.headers["location"], data={"player": key})
    return chosen.headers["location"]


def sign_in(place: Place, browser: TestClient, key: str, wished: str = "/outputs") -> Answer:
    return browser.get(back_from_provider(place, browser, key, wished))


def token_on(page: str) -> str:
    return re.findall(r'name="token" value="([0-9a-f]+)"', page)[0]


@pytest.mark.parametrize("key", [player.key for player in CAST])
def test_each_of_the_cast_signs_in_and_members_read(place: Place, key: str) -> None:
    address, browser = place.release(), place.browser()

    answer = sign_in(place, browser, key)

    assert (answer.status_code, answer.headers["location"]) == (303, "/outputs")
    assert PEOPLE_BY_KEY[key].name in browser.get("/").text
    assert browser.get(address).status_code == (403 if key == "marc" else 200)


@pytest.mark.parametrize(("wished", "leads"), [("/outputs?year=2026", "/outputs?year=2026"), ("//evil.example", "/")])
def test_one_comes_back_to_where_one_wished_if_that_is_here(place: Place, wished: str, leads: str) -> None:
    assert sign_in(place, place.browser(), "chen", wished).headers["location"] == leads


def test_the_cookies_are_out_of_reach_of_scripts_and_end_with_the_session(place: Place) -> None:
    answer = sign_in(place, place.browser(), "chen")

    lines = answer.headers.get_list("set-cookie")
    cookie = SimpleCookie(next(line for line in lines if line.startswith("cwg_read=")))["cwg_read"]
    assert (cookie["max-age"], cookie["path"], cookie["httponly"], cookie["samesite"]) == ("3600", "/", True, "lax")
    assert cookie["domain"] == ""
    assert all("httponly" in line.lower() for line in lines)


def test_under_tls_the_cookies_are_bound_to_the_host(settings: Settings, tmp_path: Path) -> None:
    place = Place(settings.model_copy(update={"read_url": "https://127.0.0.1:8001"}), tmp_path)
    browser = place.browser()

    place.with_provider()
    there = browser.get("/sign-in")
    back = sign_in(place, browser, "chen")
    place.close()

    lines = [line for answer in (there, back) for line in answer.headers.get_list("set-cookie")]
    names = {line.split("=")[0].partition("-in")[0] for line in lines}
    assert names == {"__Host-sign", "__Host-read-sign", "__Host-cwg_read"}
    assert all("; secure" in line.lower() and "; path=/" in line.lower() for line in lines)


def test_an_answer_of_the_provider_works_once_and_in_one_browser_only(place: Place) -> None:
    mine, theirs = place.browser(), place.browser()
    address = back_from_provider(place, mine, "chen")
    saved = dict(mine.cookies)

    stolen = theirs.get(address)
    first = mine.get(address)
    mine.cookies.update(saved)
    second = mine.get(address)

    assert (stolen.status_code, first.status_code, second.status_code) == (400, 303, 400)
    assert "cwg_read" not in theirs.cookies


def test_a_refused_sign_in_deletes_its_attempt(place: Place) -> None:
    browser = place.browser()
    address = back_from_provider(place, browser, "chen")
    assert any(name.startswith("sign-in-attempt") for name in browser.cookies)

    answer = browser.get(address.replace("code=", "code=x"))

    assert answer.status_code == 400
    assert "You could not be signed in" in answer.text
    assert not any(name.startswith("sign-in-attempt") for name in browser.cookies)


def test_signing_out_takes_the_cookie_back_and_leads_to_the_provider(place: Place) -> None:
    browser = place.browser()
    sign_in(place, browser, "marc")
    headers = {"Origin": place.settings.read_url}

    answer = browser.post("/sign-out", data={"token": token_on(browser.get("/").text)}, headers=headers)

    assert answer.status_code == 303
    leads = urlsplit(answer.headers["location"])
    assert f"{leads.scheme}://{leads.netloc}{leads.path}" == f"{ISSUER}/sign-out"
    assert dict(parse_qsl(leads.query))["post_logout_redirect_uri"] == f"{place.settings.read_url}/"
    assert "cwg_read" not in browser.cookies
    assert "Marc Delcourt" not in browser.get("/").text


def test_nobody_else_can_sign_a_reader_out(place: Place) -> None:
    place.with_provider()
    browser, other = place.browser("academia"), place.browser("academia")
    mine, theirs = (token_on(each.get("/").text) for each in (browser, other))
    here = {"Origin": place.settings.read_url}

    tries = [
        browser.post("/sign-out", data={"token": theirs}, headers=here),
        browser.post("/sign-out", data={}, headers=here),
        browser.post("/sign-out", data={"token": mine}, headers={"Origin": "https://evil.example"}),
        browser.post("/sign-out", data={"token": mine}),
        browser.get("/sign-out"),
    ]
    good = browser.post("/sign-out", data={"token": mine}, headers=here)

    assert [answer.status_code for answer in tries] == [403, 403, 403, 403, 405]
    assert good.status_code == 303
    assert browser.post("/sign-out", data={"token": mine}, headers=here).status_code == 401


def test_the_log_says_why_and_never_who_or_what_was_read(
    place: Place, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="httpx2")  # what the browser says of itself is not ours
    caplog.set_level(0)  # after it, as the handler has the level that was set last
    address = place.release()
    browser = place.browser()
    sign_in(place, browser, "chen")
    assert browser.get(f"{address}/files/en").status_code == 200
    assert browser.get(f"{address}/files/es").status_code == 404
    assert browser.get("/sign-in/callback?state=x&code=secret-code").status_code == 400

    written = capfd.readouterr()
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "asyncio"))]
    lines = written.out + written.err + "".join(record.getMessage() for record in ours)

    assert "sign-in refused" in lines
    cookie = browser.cookies["cwg_read"]
    secrets = (PEOPLE_BY_KEY["chen"].name, "demo-chen", "chen@", "LANTERN", address, "secret-code", cookie)
    assert [secret for secret in secrets if secret in lines] == []
