"""The routes and pages of the portal, which know no database: made once for each process, as that takes its time."""

from functools import cache
from tempfile import gettempdir

from fastapi import FastAPI
from pydantic import SecretStr

from app.settings import Settings
from app.web.app import build_fastapi_app
from tests.world import SIGNING_KEY

SECRET = "0123456789-abcdefghijklmnopqrstuvwxyz"


def build_portal(**settings: str) -> FastAPI:
    """Build the portal without a database. Who serves it gives it a state of its own."""
    return build_fastapi_app(
        Settings(
            database_url="postgresql+psycopg://nobody@/nothing",
            store_url=f"file://{gettempdir()}/cwg-portal-app",
            session_secret=SecretStr(SECRET),
            signing_key=SecretStr(SIGNING_KEY),
            **settings,
        )
    )


@cache
def build_shared_portal() -> FastAPI:
    """Build the portal once for all tests of a process. Who changes its routes builds another one."""
    return build_portal()
