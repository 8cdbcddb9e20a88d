"""Runs an application as a server, in one process or several.

The applications are named in `app.server.portal` and `app.server.read_path`, each in a module of its own, so that a
process of one imports nothing of the other.
"""

import gc
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from app.core.observability import logging
from app.core.observability.metrics import serve_metrics
from app.http.http_limits import BoundedHttpProtocol
from app.server.database_urls import with_database
from app.server.graceful_shutdown import DrainingConfig, DrainingServer, DrainingSupervisor
from app.server.restore_hold import check_restore_hold_at_start
from app.settings import Settings

GC_THRESHOLDS = (20_000, 10, 10)  # a page of a hundred rows makes thousands of objects that reference counting frees
DEMO_FINISH_SECONDS = 10  # seconds that open requests get when the demo stops


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """A server: how its application is created, and which settings it needs. `factory` is the `module:name` that
    uvicorn's worker processes call."""

    create_app: Callable[[Settings], ASGIApp]
    factory_path: str
    database_setting: str
    check_settings: Callable[[Settings], None]


@dataclass(frozen=True, slots=True)
class ShutdownTimeouts:
    """Seconds after SIGTERM: how long to serve as before, and then how long open requests may take to end."""

    drain_seconds: int
    finish_seconds: int

    @classmethod
    def from_settings(cls, settings: Settings) -> "ShutdownTimeouts":
        """Read the timeouts from the settings; the demo does not drain, since no proxy is in front of it."""
        return cls(0, DEMO_FINISH_SECONDS) if settings.demo else cls(settings.stay_seconds, settings.finish_seconds)


def serve_application(spec: ServerSpec, settings: Settings, args: Namespace) -> int:
    """Serve until SIGTERM or SIGINT and return 0.

    Before the port is opened, raises ValueError for settings that are not sufficient and RestoreInDoubt for a record in
    doubt.
    """
    spec.check_settings(settings)
    with serve_metrics(settings.metrics), with_database(settings, spec.database_setting) as resolved:
        check_restore_hold_at_start(getattr(resolved, spec.database_setting))
        is_multiprocess = args.workers > 1
        app = spec.factory_path if is_multiprocess else _create_and_freeze(spec, resolved)
        run_server(app, args.host, args.port, args.workers, ShutdownTimeouts.from_settings(resolved))
    return 0


def run_server(app: ASGIApp | str, host: str, port: int, workers: int, timeouts: ShutdownTimeouts) -> None:
    """Run uvicorn with an application or, for several processes, with the import path of its factory."""
    config = DrainingConfig(
        app,
        factory=isinstance(app, str),
        host=host,
        port=port,
        workers=workers,
        http=BoundedHttpProtocol,
        ws="none",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        drain_seconds=timeouts.drain_seconds,
        timeout_graceful_shutdown=timeouts.finish_seconds,
    )
    if workers > 1:
        DrainingSupervisor(config, sockets=[config.bind_socket()]).run()
    else:
        DrainingServer(config, owns_socket=True).run()


def create_app_in_process(spec: ServerSpec) -> ASGIApp:
    """Create the application in one of several processes; settings come from the environment that all share.

    An embedded PostgreSQL belongs to the first process, which outlives this one; it is only attached to here.
    """
    logging.configure_logging()
    with with_database(Settings(), spec.database_setting) as resolved:
        return _create_and_freeze(spec, resolved)


def _create_and_freeze(spec: ServerSpec, settings: Settings) -> ASGIApp:
    """Create the application and freeze what was loaded."""
    app = spec.create_app(settings)
    freeze_startup_objects()
    return app


def freeze_startup_objects() -> None:
    """Exclude all objects loaded so far from garbage collection, since they live as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
