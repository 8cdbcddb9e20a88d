"""A route that has not said who may call it stops the start; in both applications, direct and included."""

import ast

import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from app.http.authentication import SignedInGuard
from app.http.route_guards import AllowAnyone, list_routes_with_guard_or_none, require_guards
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from app.web import app as portal
from app.web.app import build_fastapi_app
from app.web.routers import list_routers


def bare() -> PlainTextResponse:
    return PlainTextResponse("anybody")


def test_the_portal_starts_with_all_its_routes_guarded(settings: Settings) -> None:
    app = build_fastapi_app(settings)
    routes = list(list_routes_with_guard_or_none(app, AllowAnyone, SignedInGuard))
    app.state.portal.close()

    assert len(routes) > 40
    assert [route.path for route, guard in routes if guard is None] == []


def test_the_portal_does_not_start_with_an_unguarded_router(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgetful = APIRouter()
    forgetful.add_api_route("/forgotten", bare)
    monkeypatch.setattr(portal, "list_routers", lambda: [*list_routers(), forgetful])

    with pytest.raises(RuntimeError, match="no guard on: /forgotten"):
        portal.build_fastapi_app(settings)


def test_a_direct_route_without_a_guard_stops_the_start() -> None:
    app = FastAPI(openapi_url=None)
    app.add_api_route("/good", bare, dependencies=[Depends(AllowAnyone())])
    require_guards(app, AllowAnyone)

    app.add_api_route("/bare", bare)

    with pytest.raises(RuntimeError, match="no guard on: /bare"):
        require_guards(app, AllowAnyone)


def test_an_included_route_without_a_guard_stops_the_start() -> None:
    app, router = FastAPI(openapi_url=None), APIRouter()
    router.add_api_route("/inside", bare)
    app.include_router(router, prefix="/prefix")

    with pytest.raises(RuntimeError, match="no guard on: /prefix/inside"):
        require_guards(app, AllowAnyone)


@pytest.mark.parametrize("route", [Route("/raw", bare), Mount("/mounted", routes=[])])
def test_mounts_and_bare_endpoints_are_refused(route: Route | Mount) -> None:
    app = FastAPI(openapi_url=None)
    app.router.routes.append(route)

    with pytest.raises(RuntimeError, match="no guard on"):
        require_guards(app, AllowAnyone)


def test_no_application_lets_fastapi_report_what_it_sees() -> None:
    """Its own telemetry sends addresses and what exceptions said, and an environment alone could switch it on."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (PROJECT_ROOT / "app").rglob("*.py")]
    made = [each for tree in trees for each in ast.walk(tree) if isinstance(each, ast.Call) and is_fastapi(each)]

    assert len(made) >= 3  # portal, read path, witness
    for call in made:
        given = {each.arg: ast.unparse(each.value) for each in call.keywords}
        assert given.get("telemetry") == "NO_TELEMETRY", ast.unparse(call)


def is_fastapi(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "FastAPI"
