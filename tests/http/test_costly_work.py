"""One person, and one State, have a bounded number of costly requests in hand; others are answered meanwhile."""

import asyncio
import re
from collections.abc import Callable
from contextlib import ExitStack
from uuid import uuid4

import pytest
from starlette.types import ASGIApp, Message

from app.core.errors import TooManyRequests
from app.http.authentication import SignedInGuard
from app.http.concurrency import MAX_OF_ENTITY, MAX_OF_PERSON, CostlyWorkLimiter
from app.http.page_context import hold_costly_turn, hold_download_turn
from app.http.route_guards import AllowAnyone, list_routes_with_guard_or_none
from tests.browser import Browser
from tests.portal_app import build_shared_portal
from tests.world import World

COSTLY = re.compile(r"\.(zip|pdf)$|/documents\.csv$|/(pdf|docx|differences|revisions)$|^/search$")
STORED = re.compile(r"/(files|translations)/\{language\}/pdf$")
"""What is sent as it is in the store."""


def test_a_person_and_an_entity_have_no_more_in_hand_than_is_allowed() -> None:
    limiter, one, colleague = CostlyWorkLimiter(of_person=2, of_entity=3), uuid4(), uuid4()

    with ExitStack() as in_hand:
        for person in (one, one, colleague):
            in_hand.enter_context(limiter.hold(person, "KEN"))
        for person in (one, colleague, uuid4()):
            with pytest.raises(TooManyRequests), limiter.hold(person, "KEN"):
                pass
        with limiter.hold(uuid4(), "BRA"):
            pass
    for _ in range(4):
        with limiter.hold(one, "KEN"):
            pass


def test_what_was_refused_or_failed_is_not_counted() -> None:
    limiter, one = CostlyWorkLimiter(of_person=1, of_entity=1), uuid4()

    for _ in range(3):
        with pytest.raises(ZeroDivisionError), limiter.hold(one, "KEN"):
            raise ZeroDivisionError
    with limiter.hold(one, "KEN"), pytest.raises(TooManyRequests), limiter.hold(one, "KEN"):
        pass
    with limiter.hold(one, "KEN"):
        pass


def is_costly(path: str) -> bool:
    """Whether a response is made for each request."""
    return bool(COSTLY.search(path)) and not STORED.search(path)


def test_every_costly_route_waits_for_its_turn() -> None:
    costly, others = [], []
    for route, guard in list_routes_with_guard_or_none(build_shared_portal(), AllowAnyone, SignedInGuard):
        if isinstance(guard, SignedInGuard) and "GET" in route.methods and is_costly(route.path_format):
            calls = [dependency.call for dependency in route.dependant.dependencies]
            (costly if hold_costly_turn in calls else others).append(route.path_format)

    assert others == []
    assert len(costly) == 22


def test_every_download_that_is_made_while_it_is_sent_counts_until_then() -> None:
    counted = {
        route.path_format
        for route, guard in list_routes_with_guard_or_none(build_shared_portal(), AllowAnyone, SignedInGuard)
        if guard and any(dependency.call is hold_download_turn for dependency in route.dependant.dependencies)
    }
    assert counted == {
        *("/record.csv", "/translations.zip", "/meetings/{meeting}/pack", "/meetings/{meeting}/agenda/titles.zip"),
        "/meetings/{meeting}/invitation/letters/{letters}.zip",
    } | {f"{folder}/documents.{kind}" for folder in ("", "/meetings/{meeting}") for kind in ("csv", "zip")}


def test_a_download_on_a_slow_line_takes_nothing_from_the_delegation(portal: ASGIApp, world: World) -> None:
    """It counts for the person until it was sent, and for the delegation while it is put together."""
    world.registered(world.meeting())
    state, secret, seen = portal.app.state.portal, world.sign_in("amina"), []

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            seen.append((len(state.costly_work), len(state.downloads)))

    headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", f"cwg_portal={secret}".encode())]
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/documents.zip"}
    asyncio.run(portal(scope | {"raw_path": b"/documents.zip", "query_string": b"", "headers": headers}, receive, send))

    assert len(seen) > 1
    assert set(seen) == {(0, 2)}  # two keys: the person, and the person in place of a member
    assert (len(state.costly_work), len(state.downloads)) == (0, 0)


def test_a_person_has_a_bounded_number_of_downloads_under_way(
    portal: ASGIApp, world: World, browser: Callable[..., Browser]
) -> None:
    world.registered(world.meeting())
    amina, downloads, key = browser("amina"), portal.app.state.portal.downloads, world.person("amina").id
    with ExitStack() as under_way:
        for _ in range(MAX_OF_PERSON):
            under_way.enter_context(downloads.hold(key, str(key)))
        assert [amina.get(path).status_code for path in ("/documents.zip", "/documents.csv")] == [429, 429]
        assert amina.get("/search?q=cable").status_code == 200
    assert amina.get("/documents.zip").status_code == 200


def test_the_staff_of_itu_count_each_for_themselves(
    portal: ASGIApp, world: World, browser: Callable[..., Browser]
) -> None:
    """All of them have the entity ITU."""
    world.meeting()
    ines, work = world.actor("ines"), portal.app.state.portal.costly_work
    with ExitStack() as in_hand:
        for _ in range(MAX_OF_ENTITY):
            in_hand.enter_context(work.hold(uuid4(), ines.entity))
        assert browser("ines").get("/search?q=cable").status_code == 200
        for _ in range(MAX_OF_PERSON):
            in_hand.enter_context(work.hold(ines.person, str(ines.person)))
        assert browser("ines").get("/search?q=cable").status_code == 429


def test_a_search_beyond_what_a_person_may_have_in_hand_is_refused(
    portal: ASGIApp, world: World, browser: Callable[..., Browser]
) -> None:
    world.meeting()
    amina, work = browser("amina"), portal.app.state.portal.costly_work
    assert amina.get("/search?q=cable").status_code == 200

    with ExitStack() as in_hand:
        for _ in range(MAX_OF_PERSON):
            in_hand.enter_context(work.hold(world.person("amina").id, "KEN"))
        refused = amina.get("/search?q=cable")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "5"
        assert "Wait a few seconds" in refused.text
        assert amina.get("/documents").status_code == 200
        assert browser("rafael").get("/search?q=cable").status_code == 200
    assert amina.get("/search?q=cable").status_code == 200


def test_a_colleague_is_refused_once_the_delegation_has_all_in_hand(
    portal: ASGIApp, world: World, browser: Callable[..., Browser]
) -> None:
    world.meeting()
    with ExitStack() as in_hand:
        for _ in range(MAX_OF_ENTITY):
            in_hand.enter_context(portal.app.state.portal.costly_work.hold(uuid4(), "KEN"))
        assert browser("amina").get("/search?q=cable").status_code == 429
        assert browser("rafael").get("/search?q=cable").status_code == 200
