"""The pages of a sign-in that came to nothing, on the read path: each at a clean address, and it begins again."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from app.demo.cast import CAST, PEOPLE_BY_KEY
from app.http.oidc.provider import IdentityProvider
from tests.dissemination.read_path_site import CLIENT, ISSUER, ReaderSite

BEGIN = re.compile(r'<a class="button" href="([^"]+)">Start again</a>')
ANOTHER = re.compile(r'<a class="button second" href="([^"]+)">Sign in with another account</a>')


def go_to_provider(browser: TestClient, wished: str = "/outputs?year=2026") -> str:
    """Begin to sign in; returns the address at the provider."""
    return browser.get("/sign-in", params={"next": wished}).headers["location"]


def come_back(provider: TestClient, browser: TestClient, address: str, key: str) -> httpx2.Response:
    """Choose a person at the provider, or none, and come back."""
    return browser.get(provider.post(address, data={"player": key}).headers["location"])


def stop_provider(reader_site: ReaderSite) -> None:
    """Let the provider answer nothing but that it is being maintained."""
    silent = IdentityProvider(
        ISSUER,
        *CLIENT,
        ["RS256"],
        "openid",
        transport=lambda: httpx2.MockTransport(lambda _request: httpx2.Response(503)),
    )
    served = reader_site.app.app.state
    served.read_path = replace(served.read_path, provider=silent)


def check_page(browser: TestClient, answer: httpx2.Response, kind: str, status: int) -> str:
    """Check that the answer leads to the page of this kind, at an address that says nothing else; returns its text."""
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in/refused/{kind}")
    page = browser.get(answer.headers["location"])
    assert page.status_code == status
    assert '<h2 id="h-ask">Contact</h2>' in page.text
    assert "cwg_read" not in browser.cookies
    return page.text


def test_a_cancelled_sign_in_begins_again_with_one_button(reader_site: ReaderSite) -> None:
    provider, browser = reader_site.with_provider(), reader_site.browser()

    page = check_page(browser, come_back(provider, browser, go_to_provider(browser), ""), "cancelled", 401)

    assert "The sign-in was cancelled" in page
    (begins,) = BEGIN.findall(page)
    address = browser.get(begins).headers["location"]
    answer = come_back(provider, browser, address, "chen")
    assert (answer.status_code, answer.headers["location"]) == (303, "/outputs?year=2026")
    assert PEOPLE_BY_KEY["chen"].name in browser.get("/").text


def test_the_page_names_what_an_account_lacks(reader_site: ReaderSite) -> None:
    cast = [replace(CAST[0], membership="friend"), *CAST[1:]]
    provider, browser = reader_site.with_provider(cast), reader_site.browser()

    page = check_page(browser, come_back(provider, browser, go_to_provider(browser), CAST[0].key), "incomplete", 403)

    assert "to correct: membership." in page
    assert BEGIN.findall(page) == ["/sign-in?next=/outputs%3Fyear%3D2026"]


def test_with_another_account_the_provider_asks_who_it_is(reader_site: ReaderSite) -> None:
    cast = [replace(CAST[0], membership="friend"), *CAST[1:]]
    provider, browser = reader_site.with_provider(cast), reader_site.browser()
    page = check_page(browser, come_back(provider, browser, go_to_provider(browser), CAST[0].key), "incomplete", 403)
    (begins,), (other,) = BEGIN.findall(page), ANOTHER.findall(page)

    asked, again = (browser.get(unescape(each)).headers["location"] for each in (other, begins))

    assert dict(parse_qsl(urlsplit(asked).query))["prompt"] == "login"
    assert "prompt" not in dict(parse_qsl(urlsplit(again).query))
    answer = come_back(provider, browser, asked, "chen")
    assert (answer.status_code, answer.headers["location"]) == (303, "/outputs?year=2026")


def test_an_answer_that_does_not_pass_is_refused(reader_site: ReaderSite) -> None:
    provider, browser = reader_site.with_provider(), reader_site.browser()
    back = provider.post(go_to_provider(browser), data={"player": "chen"}).headers["location"]

    page = check_page(browser, browser.get(back.replace("code=", "code=x")), "refused", 401)

    assert "failed our security checks" in page
    assert dict(parse_qsl(urlsplit(back).query))["state"] not in page


def test_a_callback_that_was_used_says_so(reader_site: ReaderSite) -> None:
    provider, browser = reader_site.with_provider(), reader_site.browser()
    back = provider.post(go_to_provider(browser), data={"player": "chen"}).headers["location"]
    assert browser.get(back).headers["location"] == "/outputs?year=2026"
    browser.cookies.delete("cwg_read")

    page = check_page(browser, browser.get(back), "expired", 401)

    assert "This sign-in was already used" in page
    assert BEGIN.findall(page) == ["/sign-in"]


def test_a_provider_that_does_not_answer_is_reported_at_start_and_callback(reader_site: ReaderSite) -> None:
    provider, browser = reader_site.with_provider(), reader_site.browser()
    back = provider.post(go_to_provider(browser), data={"player": "chen"}).headers["location"]
    stop_provider(reader_site)

    page = check_page(browser, browser.get(back), "unavailable", 503)
    begun = browser.get("/sign-in?next=/search")

    assert BEGIN.findall(page) == ["/sign-in?next=/outputs%3Fyear%3D2026"]
    assert (begun.status_code, begun.headers["retry-after"]) == (503, "5")
    assert BEGIN.findall(begun.text) == ["/sign-in?next=/search"]


def test_a_page_says_nothing_of_another_sign_in(reader_site: ReaderSite) -> None:
    cast = [replace(CAST[0], membership="friend"), *CAST[1:]]
    provider, browser = reader_site.with_provider(cast), reader_site.browser()
    check_page(browser, come_back(provider, browser, go_to_provider(browser), CAST[0].key), "incomplete", 403)
    own = browser.get("/sign-in/refused/incomplete").text

    pages = [
        browser.get("/sign-in/refused/cancelled").text,
        reader_site.browser().get("/sign-in/refused/incomplete").text,
    ]

    assert "to correct: membership." in own
    assert all("membership" not in page and BEGIN.findall(page) == ["/sign-in"] for page in pages)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_page_is_shown_in_another_language_at_the_same_address(reader_site: ReaderSite, language: str) -> None:
    provider, browser = reader_site.with_provider(), reader_site.browser()
    check_page(browser, come_back(provider, browser, go_to_provider(browser), ""), "cancelled", 401)

    page = browser.get(f"/sign-in/refused/cancelled?lang={language}")

    assert (page.status_code, page.headers["content-language"]) == (401, language)
    assert 'href="/sign-in?next=/outputs%3Fyear%3D2026"' in page.text


def test_an_unknown_refusal_is_no_page(reader_site: ReaderSite) -> None:
    assert reader_site.browser().get("/sign-in/refused/none").status_code == 404
