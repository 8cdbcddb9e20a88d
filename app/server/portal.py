"""The portal as a server, with the reactions that follow from what is done in it."""

from argparse import Namespace

from starlette.types import ASGIApp

from app.installation_checks import InstallationPart
from app.server.run import ServerSpec, create_app_in_process, serve_application
from app.settings import Settings
from app.web.app import create_app
from app.worker.subscriptions import build_event_handler


def create_portal(settings: Settings) -> ASGIApp:
    """Create the portal application with the reactions to its events."""
    return create_app(settings, build_event_handler(sends_mail=settings.sends_mail))


PORTAL_SERVER = ServerSpec(
    create_portal,
    "app.server.portal:create_portal_in_process",
    "database_url",
    Settings.require_portal_settings,
    InstallationPart.PORTAL,
)


def serve_portal(settings: Settings, args: Namespace) -> int:
    """Serve the portal."""
    return serve_application(PORTAL_SERVER, settings, args)


def create_portal_in_process() -> ASGIApp:
    """Create the portal application in one of several worker processes."""
    return create_app_in_process(PORTAL_SERVER)
