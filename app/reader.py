"""The read path as it is served. Nothing of the portal is loaded beside it."""

from argparse import Namespace

from starlette.types import ASGIApp

from app.dissemination.app import create_app
from app.serve import Door, in_a_process, serve
from app.settings import Settings

DOOR = Door(create_app, "app.reader:process", "reader_database_url", Settings.insist_on_reading)


def read(settings: Settings, asked: Namespace) -> int:
    """Serve the read path."""
    return serve(DOOR, settings, asked)


def process() -> ASGIApp:
    """The read path in one of several processes."""
    return in_a_process(DOOR)
