"""Runs an application as a server, in one process or several. The applications are `app.portal` and `app.reader`.

Each is in a module of its own, so that a process of one imports nothing of the other.
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

GARBAGE = (20_000, 10, 10)  # a page of a hundred rows makes thousands of objects that reference counting frees
DEMO = 10  # seconds that open requests get when the demo stops


@dataclass(frozen=True, slots=True)
class Door:
    """A server: how its application is created, and which settings it needs. `factory` is the `module:name` that
    uvicorn's worker processes call."""

    create: Callable[[Settings], ASGIApp]
    factory: str
    address: str
    insist: Callable[[Settings], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after SIGTERM: how long to serve as before, and then how long open requests may take to end."""

    stay: int
    finish: int

    @classmethod
    def of(cls, settings: Settings) -> "Patience":
        """Read the timeouts from the settings; the demo does not drain, since no proxy is in front of it."""
        return cls(0, DEMO) if settings.demo else cls(settings.stay_seconds, settings.finish_seconds)


def serve(door: Door, settings: Settings, asked: Namespace) -> int:
    """Serve until SIGTERM or SIGINT and return 0.

    Before the port is opened, raises ValueError for settings that are not sufficient and RestoreInDoubt for a record in
    doubt.
    """
    door.insist(settings)
    with shown(settings.metrics), housed(settings, door.address) as resolved:
        open_when_it_may(getattr(resolved, door.address))
        is_multiprocess = asked.workers > 1
        app = door.factory if is_multiprocess else _create_and_freeze(door, resolved)
        run(app, asked.host, asked.port, asked.workers, Patience.of(resolved))
    return 0


def run(app: ASGIApp | str, host: str, port: int, workers: int, patience: Patience) -> None:
    """Run uvicorn with an application or, for several processes, with the import path of its factory."""
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
    """Create the application in one of several processes; settings come from the environment that all share.

    An embedded PostgreSQL belongs to the first process, which outlives this one; it is only attached to here.
    """
    logs.configure()
    with housed(Settings(), door.address) as resolved:
        return _create_and_freeze(door, resolved)


def _create_and_freeze(spec: Door, settings: Settings) -> ASGIApp:
    """Create the application and freeze what was loaded."""
    app = spec.create(settings)
    settle()
    return app


def settle() -> None:
    """Exclude all objects loaded so far from garbage collection, since they live as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
