"""The two doors as servers: the portal and the read path, each in one process or several."""

import gc
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

GARBAGE = (20_000, 10, 10)  # a page of a hundred rows makes some thousands of objects, which go by themselves
PATIENCE = 10  # seconds for requests to end, once we are told to stop


@dataclass(frozen=True, slots=True)
class Door:
    """What one side needs of the settings, and where uvicorn's own processes find it."""

    create: Callable[[Settings], ASGIApp]
    factory: str
    address: str
    insist: Callable[[Settings], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and with how many processes."""

    host: str
    port: int
    workers: int = 1


def _create_portal(settings: Settings) -> ASGIApp:
    return web.create_app(settings, react)


PORTAL = Door(_create_portal, "app.serve:portal", "database_url", Settings.insist_on_portal)
READER = Door(dissemination.create_app, "app.serve:reader", "reader_database_url", Settings.insist_on_reading)


def serve(door: Door, settings: Settings, place: Place) -> None:
    """Serve until SIGTERM or SIGINT. Before anything listens, raises ValueError on a setting that will not do."""
    door.insist(settings)
    with housed(settings, door.address) as ours:
        several = place.workers > 1
        uvicorn.run(
            door.factory if several else _made(door, ours),
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
        return _made(door, ours)


def _made(door: Door, settings: Settings) -> ASGIApp:
    made = door.create(settings)
    settle()
    return made


def settle() -> None:
    """What was loaded by now stays as long as the process: garbage is looked for only among what came later."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
