"""A door as a server, in one process or several. Which doors there are: `app.portal` and `app.reader`.

Each lies in a module of its own, so that the process of one holds nothing of the other.
"""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from app.core import logs
from app.housing import housed
from app.settings import Settings

PATIENCE = 10  # seconds for requests to end, once we are told to stop


@dataclass(frozen=True, slots=True)
class Door:
    """What one side needs of the settings, and where uvicorn's own processes find it."""

    create: Callable[[Settings], ASGIApp]
    factory: str
    address: str
    insist: Callable[[Settings], None]


def serve(door: Door, settings: Settings, asked: Namespace) -> int:
    """Serve until SIGTERM or SIGINT. Before anything listens, raises ValueError on a setting that will not do."""
    door.insist(settings)
    with housed(settings, door.address) as ours:
        several = asked.workers > 1
        uvicorn.run(
            door.factory if several else door.create(ours),
            factory=several,
            host=asked.host,
            port=asked.port,
            workers=asked.workers,
            http="h11",
            ws="none",
            server_header=False,
            date_header=True,
            proxy_headers=False,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=PATIENCE,
        )
    return 0


def in_a_process(door: Door) -> ASGIApp:
    """In one of several processes: settings come from the environment that they all share.

    An embedded PostgreSQL is the first process's: it runs while this one does, so it is only found here.
    """
    logs.configure()
    with housed(Settings(), door.address) as ours:
        return door.create(ours)
