"""The routers of the portal: every module of an area that defines `router` is found, none is listed by hand.

An area is a package of `app.web` next to `views` and `forms`. Areas come in alphabetical order; in each, `pages` comes
first, so that `/documents/by-symbol/…` is matched before `/documents/{document}/…`.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from starlette.routing import Match
from starlette.types import Scope

from app import web

NO_AREAS = frozenset({"views", "forms"})
ANY_PART = "{}"


class ModuleRouter(APIRouter):
    """The router of one module, which compares a path with its patterns only if the first and the third part of the
    path are those of one of them: the patterns of all modules, 300, cost more than all else that a small page does."""

    def __init__(self, router: APIRouter) -> None:
        super().__init__()
        self.routes.extend(router.routes)  # not included in it: FastAPI would build each route once more
        self._parts = {_find_parts(str(route.path)) for route in iter_route_contexts(router.routes)}

    def may_match(self, path: str) -> bool:
        """Return whether the path can be that of a route of this module."""
        first, third = _find_parts(path)
        return (first, third) in self._parts or (first, ANY_PART) in self._parts

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a request as FastAPI does, if its path can be that of a route of this module."""
        return super().matches(scope) if self.may_match(scope["path"]) else (Match.NONE, {})


def _find_parts(path: str) -> tuple[str, str]:
    """Find the first and the third part of a path or of a pattern; `ANY_PART` if the pattern has a parameter there."""
    parts = path.split("/")
    first, third = parts[1], parts[3] if len(parts) > 3 else ""
    return first, ANY_PART if third.startswith("{") else third


def _module_names() -> Iterator[str]:
    for area in sorted(
        found.name for found in iter_modules(web.__path__) if found.ispkg and found.name not in NO_AREAS
    ):
        package = import_module(f"{web.__name__}.{area}")
        names = (found.name for found in iter_modules(package.__path__))
        yield from (f"{package.__name__}.{name}" for name in sorted(names, key=lambda name: (name != "pages", name)))


# Imported together with this module: the start imports with garbage collection off (`app.__main__`).
_MODULES = [import_module(name) for name in _module_names()]


def list_routers() -> list[APIRouter]:
    """List the routers of all areas, each once."""
    return [module.router for module in _MODULES if hasattr(module, "router")]
