"""The portal as tests serve it: its routes and pages, which know no database, are made once for each process.

Making them takes 0.8 s of processor time. Each test gets a copy with a state of its own: database, store, settings.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import cache
from tempfile import gettempdir

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.datastructures import State
from starlette.types import ASGIApp

from app.core.journal import JournalReaction
from app.http.portal_state import open_portal_state
from app.settings import Settings
from app.web.app import build_fastapi_app, wrap_in_security_headers
from tests.world import PUBLIC_KEY_LISTS, RECEIPT_KEY

SECRET = "0123456789-abcdefghijklmnopqrstuvwxyz"


def build_portal(**settings: str) -> FastAPI:
    """Build the portal without a database."""
    return build_fastapi_app(
        Settings(
            database_url="postgresql+psycopg://nobody@/nothing",
            store_url=f"file://{gettempdir()}/cwg-portal-app",
            session_secret=SecretStr(SECRET),
            **{"receipt_key": RECEIPT_KEY} | PUBLIC_KEY_LISTS,
            **settings,
        )
    )


@cache
def build_shared_portal() -> FastAPI:
    """Build the portal that no test changes, once for each process."""
    return build_portal()


@contextmanager
def open_portal_copy(
    settings: Settings, react: JournalReaction | None = None, *, shared: FastAPI | None = None
) -> Iterator[ASGIApp]:
    """The portal with these settings, until the end of the block. Routes that a test adds are of the copy alone.

    What the application itself is built with is that of the shared one: the size of the largest file, traces.
    """
    shared = shared or build_shared_portal()
    app = copy(shared)
    app.router = copy(shared.router)
    app.router.routes = list(shared.router.routes)
    app.router.middleware_stack = app.router.app
    app.middleware_stack = None  # built with the first request, around this router
    pages = shared.state.portal.templates
    state = open_portal_state(settings, react, pages, shared.state.portal.assets)
    app.state = State({"stopping": shared.state.stopping, "portal": replace(state, public_url=settings.portal_url)})
    try:
        yield wrap_in_security_headers(app, settings)
    finally:
        app.state.portal.close()
