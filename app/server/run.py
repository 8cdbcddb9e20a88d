"""Runs an application as a server, in one process or several.

The applications are named in `app.server.portal` and `app.server.read_path`, each in a module of its own, so that a
process of one imports nothing of the other.
"""

import gc
import socket
import threading
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import uvicorn
from psycopg import OperationalError
from starlette.types import ASGIApp

from app import __version__
from app.core.observability import logging
from app.core.observability.metrics import ProcessMetrics, serve_metrics
from app.core.observability.process_collectors import BuildInfoCollector
from app.http.http_limits import HeadBoundedHttpProtocol
from app.http.shutdown import seconds_until_port_closes
from app.installation_checks import InstallationPart, log_faults
from app.server.database_checks import require_usable_database
from app.server.database_urls import with_embedded_database_if_unset
from app.server.supervisor import WORKER_START_SECONDS, ServerSupervisor
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
    part: InstallationPart


def serve_application(spec: ServerSpec, settings: Settings, args: Namespace) -> int:
    """Serve until SIGTERM or SIGINT and return 0, or another code if a process could not start.

    Before the port is opened, raises ValueError for settings that are not sufficient, RestoreInDoubt for a record in
    doubt, and SessionsShared behind a pooler of the wrong kind. A server whose database does not answer starts, and is
    not ready.
    """
    spec.check_settings(settings)
    with (
        serve_metrics(settings.metrics, BuildInfoCollector(__version__, settings.revision)),
        with_embedded_database_if_unset(settings, spec.database_setting) as resolved,
    ):
        with suppress(OperationalError):  # then its first connection checks it
            require_usable_database(getattr(resolved, spec.database_setting))
        log_faults(resolved, spec.part)
        is_multiprocess = args.workers > 1
        app = spec.factory_path if is_multiprocess else _create_and_freeze(spec, resolved)
        finish_seconds = DEMO_FINISH_SECONDS if resolved.demo else resolved.finish_seconds
        config = build_server_config(app, args.host, args.port, args.workers, finish_seconds)
        return run_server(config, resolved.drain_seconds)


def build_server_config(app: ASGIApp | str, host: str, port: int, workers: int, finish_seconds: int) -> uvicorn.Config:
    """Configure uvicorn for an application or, for several processes, for the import path of its factory."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        host=host,
        port=port,
        workers=workers,
        http=HeadBoundedHttpProtocol,
        ws="none",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=finish_seconds,
        timeout_worker_healthcheck=WORKER_START_SECONDS,
    )


def run_server(config: uvicorn.Config, drain_seconds: float) -> int:
    """Run uvicorn in this process or in several that share a port, whose applications drain for so long.

    Returns the exit code. Raises SystemExit if the application cannot start in this process.
    """
    if config.workers == 1:
        uvicorn.Server(config).run()
        return 0
    listener = bind_listener(config)
    supervisor = ServerSupervisor(config, [listener], ProcessMetrics())

    def close_listener_after_drain() -> None:
        # Left open here, it would take connections that no process accepts any more.
        supervisor.should_exit.wait()
        time.sleep(seconds_until_port_closes(drain_seconds))
        listener.close()

    threading.Thread(target=close_listener_after_drain, name="close-listener", daemon=True).start()
    supervisor.run()
    return supervisor.exit_code


def bind_listener(config: uvicorn.Config) -> socket.socket:
    """Bind the port that several processes share.

    asyncio switches Nagle's algorithm off for sockets that name TCP, which this one does not: the end of each response
    would wait 40 ms for the acknowledgement of its beginning. Accepted connections inherit the option.
    """
    listener = config.bind_socket()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def create_app_in_process(spec: ServerSpec) -> ASGIApp:
    """Create the application in one of several processes; settings come from the environment that all share.

    An embedded PostgreSQL belongs to the first process, which outlives this one; it is only attached to here.
    """
    logging.configure_logging()
    with with_embedded_database_if_unset(Settings(), spec.database_setting) as resolved:
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
