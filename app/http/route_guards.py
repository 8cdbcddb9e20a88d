"""Guards of routes: every route declares who may call it; the application does not start with an undeclared route.

A guard is a dependency of a known class: `AllowAnyone` here, `SignedInGuard` in the portal, `ReaderCatalogueGuard` in
the read path.
"""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request


class AllowAnyone:
    """Guard of routes open to everybody, signed in or not."""

    async def __call__(self) -> None:
        return None


class RefuseHead:
    """Dependency of pages whose GET does something that works once, so that a program that probes a link does nothing.

    Everywhere else HEAD is answered as GET (RFC 9110, 9.3.2).
    """

    async def __call__(self, request: Request) -> None:
        """Raises HTTPException (405) for HEAD."""
        if getattr(request.state, "is_head", False):
            raise HTTPException(405, headers={"Allow": "GET"})


def find_guard(dependant: Dependant, kinds: tuple[type, ...]) -> object | None:
    """Find the guard among the dependencies of a route; None without one."""
    return next((dependency.call for dependency in dependant.dependencies if isinstance(dependency.call, kinds)), None)


def list_routes_with_guard_or_none(app: FastAPI, *kinds: type) -> Iterable[tuple[Any, object | None]]:
    """List every route of the application with its guard. Mounts and plain endpoints have None."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        is_api_route = isinstance(route.original_route, APIRoute) and isinstance(dependant, Dependant)
        yield route, find_guard(dependant, kinds) if is_api_route and dependant else None


def require_guards(app: FastAPI, *kinds: type) -> None:
    """Check that every route has a guard of one of these classes. Raises RuntimeError naming the routes without one."""
    unguarded = sorted(str(route.path) for route, guard in list_routes_with_guard_or_none(app, *kinds) if guard is None)
    if unguarded:
        raise RuntimeError(f"no guard on: {', '.join(unguarded)}")
