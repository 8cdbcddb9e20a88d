"""A refusal leaves a line with the person, the route and the reason; nothing of what was read; and, often, an alarm."""

from collections.abc import Callable
from contextlib import ExitStack

import structlog
from sqlalchemy import text

from app.core.db import transaction
from app.http.concurrency import MAX_OF_PERSON
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


def test_a_visitor_and_an_unknown_address_leave_no_line_of_a_person(english: Open) -> None:
    with structlog.testing.capture_logs() as logged:
        assert english().get("/house").status_code == 401
        assert english("amina").get("/no-such-page").status_code == 404
        refused = english().get("/sign-in/callback?state=x&code=secret-code")
        assert refused.headers["location"].startswith("/sign-in/refused/")

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
        for _each in range(MAX_OF_PERSON):
            in_hand.enter_context(work.hold(world.person("amina").id, "KEN"))
        assert amina.get("/search?q=cable").status_code == 429

    assert [(line["person"], line["route"], line["reason"]) for line in lines_of(logged)] == [
        (str(world.person("amina").id), "/contributions/{contribution}", "not-accepted"),
        (str(world.person("marc").id), "/meetings", "forbidden"),
        (str(world.person("amina").id), "/search", "too-many"),
    ]


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
    assert "Somebody may be trying what they may not do." in page
    assert str(world.person("rafael").id) not in page
