"""Every route says who may call it. A route that says nothing stops the start.

A guard is a dependency of a known class: `Anyone` here, `Asks` on the portal, `Readers` on the read path.
"""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts


class Anyone:
    """Open to everybody, signed in or not. Has to be written out."""

    async def __call__(self) -> None:
        return None


def guard_of(dependant: Dependant, kinds: tuple[type, ...]) -> object | None:
    """The guard among the dependencies of a route."""
    return next((each.call for each in dependant.dependencies if isinstance(each.call, kinds)), None)


def guarded_routes(app: FastAPI, *kinds: type) -> Iterable[tuple[Any, object | None]]:
    """Every route of the application, included ones too, with its guard. Mounts and bare endpoints have none."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        is_ours = isinstance(route.original_route, APIRoute) and isinstance(dependant, Dependant)
        yield route, guard_of(dependant, kinds) if is_ours and dependant else None


def insist_on_guards(app: FastAPI, *kinds: type) -> None:
    """Raise RuntimeError if any route has no guard of these kinds."""
    bare = sorted(str(route.path) for route, guard in guarded_routes(app, *kinds) if guard is None)
    if bare:
        raise RuntimeError(f"no guard on: {', '.join(bare)}")
