"""Signing in to the portal at the demo provider: real servers, and a client that only follows links and forms."""

import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from sqlalchemy import func, select

from app.core.db import Base, transaction
from app.core.journal import JournalLine
from app.demo.cast import PEOPLE_BY_KEY
from app.domain.identity.actions.sessions import end_sessions_from_provider
from app.domain.identity.models.tables import UserSession
from app.http.oidc.strict_json import decode_base64url
from tests.browser import Browser
from tests.web.conftest import Deployment

EXPIRED = "/sign-in/refused/expired"


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


def test_a_sign_in_is_in_the_journal(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")

    person = str(deployment.world.person("amina").id)
    with transaction(deployment.world.read) as session:
        lines = session.scalars(select(JournalLine).where(JournalLine.event == "person:signed-in")).all()
        assert [line.facts for line in lines] == [{"person": person}]


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

        assert again.headers["Location"] == EXPIRED
        assert not any(line.startswith("cwg_portal=") for line in again.headers.get_list("Set-Cookie"))


def test_a_callback_works_only_in_the_browser_that_started_it(deployment: Deployment) -> None:
    with deployment.browser() as browser, deployment.browser() as stranger:
        page = deployment.follow(browser, browser.get("/sign-in"))
        sent = browser.post(str(page.url), data={"player": "amina"})

        assert stranger.get(sent.headers["Location"]).headers["Location"] == EXPIRED
        assert stranger.get("/account").status_code == 401


def test_an_attempt_that_took_too_long_is_refused(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.http.oidc.flow.ATTEMPT_LIFETIME", timedelta(seconds=2))
    with deployment.browser() as browser:
        started = browser.get("/sign-in")
        cookies = dict(browser.cookies)
        page = deployment.follow(browser, started)
        sent = browser.post(str(page.url), data={"player": "amina"})
        time.sleep(2.1)

        assert httpx2.get(sent.headers["Location"], cookies=cookies).headers["Location"] == EXPIRED


def test_a_callback_with_copied_cookies_is_refused(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        page = deployment.follow(browser, browser.get("/sign-in"))
        cookies = dict(browser.cookies)
        sent = browser.post(str(page.url), data={"player": "amina"})
        assert browser.get(sent.headers["Location"]).status_code == 303

        assert httpx2.get(sent.headers["Location"], cookies=cookies).headers["Location"] == EXPIRED


def test_a_program_that_probes_the_callback_uses_nothing(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        page = deployment.follow(browser, browser.get("/sign-in?next=/account"))
        address = browser.post(str(page.url), data={"player": "amina"}).headers["Location"]

        probed = [browser.head(each) for each in (address, "/sign-in", "/sign-in/again", "/sign-out/provider")]
        slashed = [browser.get(each) for each in (address.replace("callback?", "callback/?"), "/sign-in/", "/help/")]

        assert [(answer.status_code, answer.headers["Allow"]) for answer in probed] == [(405, "GET")] * 4
        assert [(answer.status_code, "Location" in answer.headers) for answer in slashed] == [(404, False)] * 3
        assert browser.get(address).headers["Location"] == "/account"


def test_starting_to_sign_in_writes_no_rows(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        before = count_rows(deployment)
        for _ in range(20):
            assert browser.get("/sign-in").status_code == 303
            browser.get("/sign-in/callback?state=x&code=y")
        assert count_rows(deployment) == before
        assert len(browser.cookies) <= 8  # five attempts, the last refusal, the browser's own cookie, the language

        deployment.sign_in(browser, "amina")
        assert count_rows(deployment) > before


@pytest.mark.parametrize(
    "deployment", [{f"claim_{field}": "category"} for field in ("membership", "name", "email", "locale")], indirect=True
)
def test_a_sign_in_without_a_claim_leads_to_a_page_that_names_it(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        browser.cookies.set("cwg_lang", "en")
        answer = deployment.sign_in(browser, "amina", "/documents")
        page = deployment.follow(browser, answer)

        assert (answer.status_code, page.status_code) == (303, 403)
        assert page.url.path == "/sign-in/refused/incomplete"
        assert page.url.query == b""
        assert "Missing: category." in page.text
        assert '<a class="button" href="/sign-in?next=/documents">Start again</a>' in page.text
        assert browser.get("/account").status_code == 401


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


def find_hint_cookie(answer: httpx2.Response) -> Morsel[str]:
    """Find the cookie of a sign-in that waits for the sign-out."""
    line = next(line for line in answer.headers.get_list("Set-Cookie") if line.startswith("signing-out="))
    return SimpleCookie(line)["signing-out"]


def test_a_sign_out_names_the_person_and_the_provider_does_not_ask(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        cookie = find_hint_cookie(deployment.sign_in(browser, "amina"))
        unsent = "signing-out" not in str(browser.get("/account").request.headers.get("Cookie"))

        onwards = browser.get(deployment.post(browser, "/sign-out").headers["Location"])
        back = deployment.follow(browser, browser.get(onwards.headers["Location"]))

        assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/sign-out", "strict", True)
        assert unsent
        hint = dict(parse_qsl(urlsplit(onwards.headers["Location"]).query))["id_token_hint"]
        assert json.loads(decode_base64url(hint.split(".")[1], "form"))["sub"] == PEOPLE_BY_KEY["amina"].subject
        assert str(back.url).startswith(deployment.settings.portal_url)  # the provider would have asked
        again = browser.get("/sign-out/provider").headers["Location"]
        assert "id_token_hint" not in again


def test_the_proof_of_an_approval_is_no_hint_of_a_sign_out(deployment: Deployment) -> None:
    output = deployment.world.adopted(deployment.world.meeting(opens_in=-2))
    with deployment.browser() as browser:
        deployment.sign_in(browser, "layla")
        page = deployment.follow(browser, browser.get(f"/outputs/{output.id}/approve/sign-in"))
        answer = deployment.choose(browser, page, "layla")

        assert answer.headers["Location"] == f"/outputs/{output.id}/approve"
        assert find_hint_cookie(answer).value == ""
        onwards = browser.get(deployment.post(browser, "/sign-out").headers["Location"])
        assert "id_token_hint" not in onwards.headers["Location"]


def test_signing_in_again_creates_a_new_session_secret(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")
        first = browser.cookies["cwg_portal"]
        deployment.sign_in(browser, "amina")

        assert browser.cookies["cwg_portal"] != first


def sign_out_at_provider(deployment: Deployment, browser: httpx2.Client) -> None:
    discovery = browser.get(f"{deployment.settings.oidc_issuer}/.well-known/openid-configuration").json()
    browser.post(discovery["end_session_endpoint"], data={"confirmed": "yes"})


def test_signing_out_at_the_provider_ends_the_portals_session(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")
        assert browser.get("/account").status_code == 200

        sign_out_at_provider(deployment, browser)

        assert browser.get("/account").status_code == 401


def test_no_session_begins_under_a_session_of_the_provider_that_has_ended(deployment: Deployment) -> None:
    """Its report arrives while the code of a sign-in is on its way."""
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")
        with transaction(deployment.world.write) as session:
            sid = session.scalars(select(UserSession.provider_sid)).one()
            end_sessions_from_provider(session, deployment.settings.oidc_issuer, sid=sid, subject=None)

        answer = deployment.sign_in(browser, "amina")

        assert answer.headers["Location"] == EXPIRED
        assert "or ended at the sign-in service" in deployment.follow(browser, answer).text
        assert browser.get("/account").status_code == 401
        sign_out_at_provider(deployment, browser)
        assert deployment.sign_in(browser, "amina").headers["Location"] == "/account"


def test_a_sign_in_waits_among_those_who_write(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.http.concurrency.SLOT_TIMEOUT", 0.1)
    with deployment.browser() as browser:
        deployment.limit_slots(writer_slots=0)
        refused = deployment.follow(browser, deployment.sign_in(browser, "amina"))
        assert (refused.status_code, refused.url.path) == (503, "/sign-in/refused/busy")
        assert "overloaded at the moment or its database is not available" in refused.text
        assert browser.get("/account").status_code == 401

        deployment.limit_slots(writer_slots=1)
        assert deployment.sign_in(browser, "amina").status_code == 303
        assert browser.get("/account").status_code == 200


def test_a_sign_out_at_the_provider_does_not_wait_for_those_who_write_but_is_limited_too(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.http.concurrency.SLOT_TIMEOUT", 0.1)
    with deployment.browser() as browser:
        deployment.sign_in(browser, "amina")
        deployment.limit_slots(writer_slots=0, logout_slots=1)
        sign_out_at_provider(deployment, browser)
        assert browser.get("/account").status_code == 401

        deployment.limit_slots(logout_slots=0)
        deployment.sign_in(browser, "amina")
        sign_out_at_provider(deployment, browser)
        assert browser.get("/account").status_code == 200, "it was refused; the provider was told so"


def test_a_sign_out_at_the_provider_needs_no_connection_of_other_changes(deployment: Deployment) -> None:
    with deployment.browser() as browser, ExitStack() as held:
        deployment.sign_in(browser, "amina")
        assert browser.get("/account").status_code == 200
        changes = deployment.state.portal.writing_engine
        for _each in range(deployment.settings.database_pool_writing):
            held.enter_context(changes.connect())

        sign_out_at_provider(deployment, browser)

        assert browser.get("/account").status_code == 401


def test_the_eleventh_sign_in_of_a_person_ends_the_oldest_session(deployment: Deployment) -> None:
    with deployment.browser() as first, deployment.browser() as second, deployment.browser() as last:
        deployment.sign_in(first, "amina")
        deployment.sign_in(second, "amina")
        for _each in range(8):
            deployment.world.sign_in("amina")
        assert [each.get("/account").status_code for each in (first, second)] == [200, 200]

        deployment.sign_in(last, "amina")

        assert [each.get("/account").status_code for each in (first, second, last)] == [401, 200, 200]


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
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert amina.get("/account").status_code == 401
    assert amina.get("/sign-out/provider").headers["Location"] == "/"  # the provider does not answer
