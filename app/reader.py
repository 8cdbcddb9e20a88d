"""The read path as a server. Nothing of the portal is imported."""

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
    """Create the read path application in one of several worker processes."""
    return in_a_process(DOOR)
