"""The portal as it is served, with what follows from what is done in it."""

from argparse import Namespace

from starlette.types import ASGIApp

from app.jobs.reactions import reacting
from app.serve import Door, in_a_process, serve
from app.settings import Settings
from app.web.app import create_app


def create(settings: Settings) -> ASGIApp:
    return create_app(settings, reacting(letters=settings.sends_letters))


DOOR = Door(create, "app.portal:process", "database_url", Settings.insist_on_portal)


def pages(settings: Settings, asked: Namespace) -> int:
    """Serve the portal."""
    return serve(DOOR, settings, asked)


def process() -> ASGIApp:
    """The portal in one of several processes."""
    return in_a_process(DOOR)
