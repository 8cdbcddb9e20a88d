"""A door as a server, in one process or several. Which doors there are: `app.portal` and `app.reader`.

Each lies in a module of its own, so that the process of one holds nothing of the other.
"""

import gc
import socket
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app.asgi.wire import Bounded
from app.core import logs
from app.housing import housed
from app.opening import open_when_it_may
from app.settings import Settings

GARBAGE = (20_000, 10, 10)  # a page of a hundred rows makes some thousands of objects, which go by themselves
PATIENCE = 10  # seconds for requests to end, once we are told to stop


@dataclass(frozen=True, slots=True)
class Door:
    """What one side needs of the settings, and where uvicorn's own processes find it."""

    create: Callable[[Settings], ASGIApp]
    factory: str
    address: str
    insist: Callable[[Settings], None]


def serve(door: Door, settings: Settings, asked: Namespace) -> int:
    """Serve until SIGTERM or SIGINT. Before anything listens, raises ValueError on a setting that will not do, and
    on a record in doubt."""
    door.insist(settings)
    with housed(settings, door.address) as ours:
        open_when_it_may(getattr(ours, door.address))
        several = asked.workers > 1
        run(door.factory if several else _made(door, ours), asked.host, asked.port, asked.workers)
    return 0


def run(app: ASGIApp | str, host: str, port: int, workers: int) -> None:
    """Serve an application; in several processes, what makes it, by its name."""
    config = Prompt(
        app,
        factory=isinstance(app, str),
        host=host,
        port=port,
        workers=workers,
        http=Bounded,
        ws="none",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=PATIENCE,
    )
    if workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
    else:
        uvicorn.Server(config).run()


class Prompt(uvicorn.Config):
    """Answers leave at once, also from several processes.

    Asyncio switches Nagle's algorithm off for sockets that say they are TCP; the one that Uvicorn opens for several
    processes does not say so, and the end of each answer waited 40 ms for the acknowledgement of its beginning.
    """

    def bind_socket(self) -> socket.socket:
        bound = super().bind_socket()
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # those that it accepts inherit it
        return bound


def in_a_process(door: Door) -> ASGIApp:
    """In one of several processes: settings come from the environment that they all share.

    An embedded PostgreSQL is the first process's: it runs while this one does, so it is only found here.
    """
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
