"""A door as a server, in one process or several. Which doors there are: `app.portal` and `app.reader`.

Each lies in a module of its own, so that the process of one holds nothing of the other.
"""

import gc
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from app.asgi.wire import Bounded
from app.core import logs
from app.core.meters import shown
from app.housing import housed
from app.leaving import Leaving, Several, Staying
from app.opening import open_when_it_may
from app.settings import Settings

GARBAGE = (20_000, 10, 10)  # a page of a hundred rows makes some thousands of objects, which go by themselves
DEMO = 10  # seconds for requests to end, once the demo is told to stop


@dataclass(frozen=True, slots=True)
class Door:
    """What one side needs of the settings, and where uvicorn's own processes find it."""

    create: Callable[[Settings], ASGIApp]
    factory: str
    address: str
    insist: Callable[[Settings], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, once told to stop: how long to serve on as before, and then for requests to end."""

    stay: int
    finish: int

    @classmethod
    def of(cls, settings: Settings) -> "Patience":
        """The demo ends at once: nothing stands in front of it."""
        return cls(0, DEMO) if settings.demo else cls(settings.stay_seconds, settings.finish_seconds)


def serve(door: Door, settings: Settings, asked: Namespace) -> int:
    """Serve until SIGTERM or SIGINT. Before anything listens, raises ValueError on a setting that will not do, and
    on a record in doubt."""
    door.insist(settings)
    with shown(settings.metrics), housed(settings, door.address) as ours:
        open_when_it_may(getattr(ours, door.address))
        several = asked.workers > 1
        made = door.factory if several else _made(door, ours)
        run(made, asked.host, asked.port, asked.workers, Patience.of(ours))
    return 0


def run(app: ASGIApp | str, host: str, port: int, workers: int, patience: Patience) -> None:
    """Serve an application; in several processes, what makes it, by its name."""
    config = Staying(
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
        stay=patience.stay,
        timeout_graceful_shutdown=patience.finish,
    )
    if workers > 1:
        Several(config, sockets=[config.bind_socket()]).run()
    else:
        Leaving(config, is_alone=True).run()


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
