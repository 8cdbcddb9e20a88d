"""The two doors as servers: the portal and the read path, each in one process or several."""

from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from app.core import logs
from app.dissemination import app as dissemination
from app.housing import housed
from app.jobs.reactions import react
from app.settings import Settings
from app.web import app as web

PATIENCE = 10  # seconds for requests to end, once we are told to stop


@dataclass(frozen=True, slots=True)
class Door:
    """What one side needs of the settings, and where uvicorn's own processes find it."""

    create: Callable[[Settings], ASGIApp]
    factory: str
    address: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and with how many processes."""

    host: str
    port: int
    workers: int = 1


def _create_portal(settings: Settings) -> ASGIApp:
    return web.create_app(settings, react)


PORTAL = Door(_create_portal, "app.serve:portal", "database_url", ("session_secret", "signing_key"))
READER = Door(dissemination.create_app, "app.serve:reader", "reader_database_url", ("read_session_secret",))


def serve(door: Door, settings: Settings, place: Place) -> None:
    """Serve until SIGTERM or SIGINT. Raises ValueError on a weak secret before anything listens."""
    settings.insist_on_secrets(*door.secrets)
    with housed(settings, door.address) as ours:
        several = place.workers > 1
        uvicorn.run(
            door.factory if several else door.create(ours),
            factory=several,
            host=place.host,
            port=place.port,
            workers=place.workers,
            http="h11",
            ws="none",
            server_header=False,
            date_header=True,
            proxy_headers=False,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=PATIENCE,
        )


def portal() -> ASGIApp:
    """The portal in one of several processes: settings come from the environment that they all share."""
    return _in_a_process(PORTAL)


def reader() -> ASGIApp:
    """The read path in one of several processes."""
    return _in_a_process(READER)


def _in_a_process(door: Door) -> ASGIApp:
    """An embedded PostgreSQL is the first process's: it runs while this one does, so it is only found here."""
    logs.configure()
    with housed(Settings(), door.address) as ours:
        return door.create(ours)
