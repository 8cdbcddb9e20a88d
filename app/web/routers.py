"""The routers of the portal: every module of an area that defines `router` is found, none is listed by hand.

An area is a package of `app.web` next to `views` and `forms`. Areas come in alphabetical order; in each, `pages` comes
first, so that `/documents/by-symbol/…` is matched before `/documents/{document}/…`.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

from app import web

NO_AREAS = frozenset({"views", "forms"})


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
