"""The portal as a server, with the reactions that follow from what is done in it."""

from argparse import Namespace

from starlette.types import ASGIApp

from app.jobs.reactions import reacting
from app.serve import Door, in_a_process, serve
from app.settings import Settings
from app.web.app import create_app


def create(settings: Settings) -> ASGIApp:
    """Create the portal application with the reactions to its events."""
    return create_app(settings, reacting(letters=settings.sends_letters))


DOOR = Door(create, "app.portal:process", "database_url", Settings.insist_on_portal)


def pages(settings: Settings, asked: Namespace) -> int:
    """Serve the portal."""
    return serve(DOOR, settings, asked)


def process() -> ASGIApp:
    """Create the portal application in one of several worker processes."""
    return in_a_process(DOOR)
