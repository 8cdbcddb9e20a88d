"""Every route of the portal can be reached, although its routers are found by themselves and in alphabetical order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import walk_packages

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from app import web
from app.http.csrf import SAFE_METHODS
from app.web.forms.parsing import RejectRepeatedFields
from app.web.routers import ModuleRouter, list_routers

WITHOUT_FIELDS = {
    *("/letters/stop", "/account/calendar", "/account/calendar/revoke"),  # they read no field
    "/inbox/liaisons",  # it reads a signed letter (tests/web/liaisons/test_inbox.py)
    *("/uploads", "/uploads/{upload}"),  # they read their parameters themselves (tests/web/uploads/test_resumable.py)
}
SAMPLE = "01234567-89ab-4cde-8f01-23456789abcd"  # an identifier, which is text as well
SAMPLES = {"int": "12", "path": f"{SAMPLE}/{SAMPLE}", "edition": "rev-1", "symbol": "CWG-Internet-22-8"}


@dataclass(frozen=True)
class Address:
    """Method and path of one route."""

    method: str
    path: str

    def matches(self, other: "Address") -> bool:
        """Whether this route is a match for a sample of the address of the other."""
        sample = re.sub(r"\{\w+:?(\w*)\}", lambda match: SAMPLES.get(match[1], SAMPLE), other.path)
        return self.method == other.method and bool(compile_path(self.path)[0].match(sample))


def addresses(routers: Sequence[APIRouter]) -> list[Address]:
    """The addresses of routers in the order in which requests are matched."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router)
    return [
        Address(method, str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or ())
    ]


def unreachable(found: Sequence[Address]) -> list[str]:
    """What is hidden by an earlier route, or is there twice."""
    hidden = []
    for place, address in enumerate(found):
        first = next(place for place, each in enumerate(found) if each.matches(address))
        if first != place:
            hidden.append(f"{address} is answered by {found[first]}")
    return hidden


def refuses_repeated_fields(dependant: Dependant) -> bool:
    """Whether a dependency of a route, or one of those, refuses a field that was sent twice."""
    called = dependant.dependencies
    return any(isinstance(each.call, RejectRepeatedFields) or refuses_repeated_fields(each) for each in called)


def test_every_form_refuses_a_field_that_is_sent_twice() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in list_routers():
        app.include_router(router)
    changing = [route for route in iter_route_contexts(app.routes) if set(route.methods or ()) - SAFE_METHODS]
    lacking = {str(route.path) for route in changing if not refuses_repeated_fields(route.dependant)}

    assert len(changing) > 100
    assert lacking == WITHOUT_FIELDS


def test_every_route_is_the_first_match_of_its_own_address() -> None:
    found = addresses(list_routers())

    assert len(found) > 300
    assert unreachable(found) == []


def test_every_router_is_included_once() -> None:
    modules = (import_module(each.name) for each in walk_packages(web.__path__, f"{web.__name__}."))
    defined = {id(module.router) for module in modules if isinstance(getattr(module, "router", None), APIRouter)}

    assert len(list_routers()) == len(defined)
    assert {id(router) for router in list_routers()} == defined


def test_a_module_is_asked_for_each_of_its_addresses_and_for_few_others() -> None:
    routers = [ModuleRouter(router) for router in list_routers()]
    samples = [
        (router, re.sub(r"\{\w+:?(\w*)\}", lambda match: SAMPLES.get(match[1], SAMPLE), str(route.path)))
        for router in routers
        for route in iter_route_contexts(router.routes)
    ]
    asked = {path: sum(router.may_match(path) for router in routers) for _router, path in samples}

    assert [path for router, path in samples if not router.may_match(path)] == []
    assert asked["/meetings"] < len(routers) / 5


def test_a_hidden_route_and_a_router_included_twice_are_found() -> None:
    first, second = APIRouter(), APIRouter()
    first.add_api_route("/documents/{document}", lambda: None)
    second.add_api_route("/documents/new", lambda: None)

    assert unreachable(addresses([second, first])) == []
    assert len(unreachable(addresses([first, second]))) == 1
    assert len(unreachable(addresses([first, first]))) == 1
