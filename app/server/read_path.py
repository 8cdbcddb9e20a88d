"""The read path as a server. Nothing of the portal is imported."""

from argparse import Namespace

from starlette.types import ASGIApp

from app.dissemination.app import create_app
from app.installation_checks import InstallationPart
from app.server.run import ServerSpec, create_app_in_process, serve_application
from app.settings import Settings

READ_PATH_SERVER = ServerSpec(
    create_app,
    "app.server.read_path:create_read_path_in_process",
    "reader_database_url",
    Settings.require_read_path_settings,
    InstallationPart.READ,
)


def serve_read_path(settings: Settings, args: Namespace) -> int:
    """Serve the read path."""
    return serve_application(READ_PATH_SERVER, settings, args)


def create_read_path_in_process() -> ASGIApp:
    """Create the read path application in one of several worker processes."""
    return create_app_in_process(READ_PATH_SERVER)
