"""Pages are answered in one thread, by the same guards in the same order as all other routes."""

from collections.abc import Callable

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from app.web import page_routes
from app.web.routers import list_routers
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def test_pages_are_found_by_what_they_declare() -> None:
    routes = {
        route.path: page_routes.is_page(route)
        for router in list_routers()
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    }

    pages = ("/", "/documents", "/documents/{document}", "/meetings", "/meetings/{meeting}/agenda", "/search", "/help")
    others = ("/sign-in", "/documents.zip", "/meetings/{meeting}/floor/events", "/ledger/checkpoint")
    assert [path for path in pages if not routes[path]] == []
    assert [path for path in others if routes[path]] == []
    assert sum(routes.values()) > 0.9 * len(routes)


def test_a_page_enters_one_thread(world: World, browser: Open, monkeypatch) -> None:
    entered = []

    async def enter(function, *arguments):
        entered.append(function)
        return await run_in_threadpool(function, *arguments)

    monkeypatch.setattr(page_routes, "run_in_threadpool", enter)
    monkeypatch.setattr("fastapi.routing.run_in_threadpool", enter)
    monkeypatch.setattr("fastapi.dependencies.utils.run_in_threadpool", enter)

    assert browser("amina").get("/documents").status_code == 200
    assert len(entered) == 1


def test_who_asks_is_found_before_the_address_is_read(world: World, browser: Open) -> None:
    for path in ("/documents?page=none", "/documents?page=1&page=2", "/documents/none", "/meetings/new?like=none"):
        assert browser(None).get(path).status_code == 401, path
    assert browser("amina").get("/documents?page=none").status_code == 400
    assert browser("amina").get("/documents/none").status_code == 404
    assert browser("amina").get("/documents?page=1").status_code == 200
