"""Real servers for tests: an ASGI application behind uvicorn, on a free port of this machine, in a thread."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import uvicorn
from starlette.types import ASGIApp

from app.http.http_limits import HeadBoundedHttpProtocol


def free_port() -> int:
    """A port that no process listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(app: ASGIApp, port: int) -> Iterator[None]:
    """Answer on that port until the end of the block."""
    config = uvicorn.Config(
        app,
        port=port,
        http=HeadBoundedHttpProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    give_up = monotonic() + 60
    while not server.started:
        if monotonic() > give_up or not thread.is_alive():
            raise RuntimeError(f"nothing answers on port {port}")
        sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=60)
