"""A refusal leaves a line with the person, the route and the reason; nothing of what was read; and, often, an alarm."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import structlog
from sqlalchemy import text
from starlette.requests import Request
from starlette.types import ASGIApp

from app.core import clock
from app.core.db import transaction
from app.core.hashing import hash_secret
from app.http.concurrency import MAX_OF_PERSON
from app.http.oidc.flow import SignInAttempt
from app.http.portal_state import PortalState
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
FIELDS = {"event", "log_level", "person", "route", "reason", "address"}


def lines_of(logged: list[dict[str, object]], event: str = "refused") -> list[dict[str, object]]:
    return [line for line in logged if line["event"] == event]


def test_a_refusal_leaves_a_line_and_what_is_allowed_leaves_none(world: World, english: Open) -> None:
    title = "Canary of a draft"
    draft = world.draft(world.meeting(), title=title)
    amina, rafael, ines = english("amina"), english("rafael"), english("ines")

    with structlog.testing.capture_logs() as logged:
        assert amina.get(f"/contributions/{draft.id}").status_code == 200
        assert ines.get("/house").status_code == 200
        assert lines_of(logged) == []
        assert rafael.get(f"/contributions/{draft.id}").status_code == 404
        assert rafael.get("/house").status_code == 403

    person = str(world.person("rafael").id)
    found = [(line["person"], line["route"], line["reason"]) for line in lines_of(logged)]
    assert found == [(person, "/contributions/{contribution}", "not-found"), (person, "/house", "forbidden")]
    assert all(set(line) == FIELDS for line in lines_of(logged))
    for secret in (title, str(draft.id), "127.0.0.1", "testclient", world.person("rafael").name):
        assert secret not in str(logged)


def begin_sign_in(state: PortalState, browser: Browser, number: int) -> str:
    """Give the browser the cookies of a sign-in that it has begun; return the state."""
    attempts, name = state.open_sign_in_attempts(Request({"type": "http", "headers": []})), f"state-{number}"
    until = clock.now() + timedelta(minutes=5)
    attempts.store_attempt(SignInAttempt(hash_secret(name), hash_secret("b" * 43), "nonce", "verifier", "/", until))
    ((cookie, (value, _lifetime)),) = attempts.cookie_changes.items()
    browser.client.cookies.set(cookie, value)
    browser.client.cookies.set(state.cookie_name(state.browser_cookie), "b" * 43)
    return name


def test_a_visitor_and_an_unknown_address_leave_no_line_of_a_person(english: Open, portal: ASGIApp) -> None:
    visitor = english()
    with structlog.testing.capture_logs() as logged:
        assert english().get("/house").status_code == 401
        assert english("amina").get("/no-such-page").status_code == 404
        state = begin_sign_in(portal.app.state.portal, visitor, 1)
        refused = visitor.get(f"/sign-in/callback?state={state}&code=secret-code&code=another")
        assert refused.headers["location"] == "/sign-in/refused/refused"

    (line,) = lines_of(logged)
    assert (line["person"], line["route"], line["reason"]) == ("", "/sign-in/callback", "sign-in")
    assert "secret-code" not in str(logged)


def test_what_no_page_sends_and_what_exceeds_a_bound_leave_lines_too(world: World, english: Open, portal) -> None:
    draft = world.draft(world.meeting())
    amina, marc, work = english("amina"), english("marc"), portal.app.state.portal.costly_work

    with structlog.testing.capture_logs() as logged, ExitStack() as in_hand:
        twice = {"title": ["One", "Two"], "version": draft.version}
        assert amina.post(f"/contributions/{draft.id}", twice).status_code == 400
        assert marc.post("/meetings", {"number": "1"}).status_code == 403  # refused before the form is read
        expired = amina.post("/account/calendar/revoke", {"token": "of last week"})
        assert (expired.status_code, "<h1>This form is no longer valid</h1>" in expired.text) == (403, True)
        assert "focal point" not in expired.text
        for _each in range(MAX_OF_PERSON):
            in_hand.enter_context(work.hold(world.person("amina").id, "KEN"))
        assert amina.get("/search?q=cable").status_code == 429

    assert [(line["person"], line["route"], line["reason"]) for line in lines_of(logged)] == [
        (str(world.person("amina").id), "/contributions/{contribution}", "not-accepted"),
        (str(world.person("marc").id), "/meetings", "forbidden"),
        (str(world.person("amina").id), "/account/calendar/revoke", "forbidden"),
        (str(world.person("amina").id), "/search", "too-many"),
    ]


def test_a_callback_of_no_sign_in_and_a_provider_that_is_down_leave_no_line(english: Open, portal: ASGIApp) -> None:
    visitor, state = english(), portal.app.state.portal
    with structlog.testing.capture_logs() as logged:
        answers = [visitor.get("/sign-in/callback?state=x&code=y"), visitor.get("/sign-in/callback?state=x&state=y")]
        answers.append(visitor.get(f"/sign-in/callback?state={begin_sign_in(state, visitor, 2)}&code=y"))
        begun = begin_sign_in(state, visitor, 3)
        visitor.client.cookies.set(state.cookie_name(state.browser_cookie), "c" * 43)  # of another browser
        answers.append(visitor.get(f"/sign-in/callback?state={begun}&code=y"))

    pages = [answer.headers["location"].rpartition("/")[2] for answer in answers]
    assert pages == ["expired", "refused", "unavailable", "expired"]
    assert lines_of(logged) == []


def test_who_is_refused_very_often_raises_an_alarm_for_a_day(world: World, english: Open, portal) -> None:
    rafael, ines = english("rafael"), english("ines")
    assert "refused-often" not in ines.get("/house").text
    limit = portal.app.state.portal.settings.alarm_refusals

    with structlog.testing.capture_logs() as logged:
        for _each in range(limit):
            assert rafael.get("/house").status_code == 403

    who = f"person:{world.person('rafael').id}"
    assert [line["who"] for line in lines_of(logged, "refused-often")] == [str(world.person("rafael").id)]
    with transaction(world.read) as session:
        assert session.scalars(text("SELECT who FROM portal.refused_often")).all() == [who]
    page = ines.get("/house").text
    assert "A person may be attempting actions that are not permitted." in page
    assert str(world.person("rafael").id) not in page
