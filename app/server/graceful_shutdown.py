"""A server that leaves without a request being lost, while another one of its kind goes on.

Asked to stop (SIGTERM), it is not ready any more and says `Connection: close` with every answer, but serves on for some
seconds: the proxy in front has time to see it, and no line stays that somebody might still write on. Then no one
new is let in, and what has begun ends. A second signal, or Ctrl-C, skips the first part.
"""

import asyncio
import ctypes
import logging
import signal
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic, sleep
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors import multiprocess as supervisor

log = logging.getLogger("uvicorn.error")

LAST_ACCEPT_SECONDS = 0.4
"""Seconds in which connections that are being made are still accepted."""
SO_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER (socket(7), Linux), which Python does not name."""
# A classic BPF program over the TCP header: 0 bytes are kept of a segment with SYN (flags, byte 13), all of any other.
DROP_SYN_PROGRAM = ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))


class DrainingConfig(uvicorn.Config):
    """Answers leave at once, also from several processes; and how long to stay once asked to stop.

    Asyncio switches Nagle's algorithm off for sockets that say they are TCP; the one that Uvicorn opens for several
    processes does not say so, and the end of each answer waited 40 ms for the acknowledgement of its beginning.
    """

    def __init__(self, app: ASGIApp | str, *, drain_seconds: float = 0, **options: object) -> None:
        super().__init__(app, **options)  # type: ignore[arg-type]
        self.drain_seconds = drain_seconds

    def bind_socket(self) -> socket.socket:
        bound = super().bind_socket()
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # those that it accepts inherit it
        return bound


class DrainingServer(uvicorn.Server):
    """One process. `is_alone`: the socket is its own, and no other process takes over from it."""

    def __init__(self, config: DrainingConfig, *, owns_socket: bool) -> None:
        super().__init__(config)
        self.drain_seconds, self.owns_socket = config.drain_seconds, owns_socket
        self.drain_ends_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGTERM and self.drain_seconds and self.drain_ends_at is None:
            self._captured_signals.append(sig)
            self.drain_ends_at = monotonic() + self.drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self.drain_ends_at is not None and monotonic() >= self.drain_ends_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.drain_ends_at is not None:
            if self.owns_socket:
                drop_new_connections(each for server in self.servers for each in server.sockets)
            await asyncio.sleep(LAST_ACCEPT_SECONDS)
        await super().shutdown(sockets)


class DrainingProcess(supervisor.Process):
    """One of several that share a socket."""

    @property
    def server(self) -> uvicorn.Server:
        if self._server is None:
            assert isinstance(self.config, DrainingConfig)
            self._server = DrainingServer(self.config, owns_socket=False)
        return self._server


class DrainingSupervisor(Multiprocess):
    """Several processes. The socket is closed here too: left open, it would take requests that no one accepts."""

    def terminate_all(self) -> None:
        super().terminate_all()
        assert isinstance(self.config, DrainingConfig)
        sleep(self.config.drain_seconds)
        drop_new_connections(self.sockets)
        for each in self.sockets:
            each.close()


supervisor.Process = DrainingProcess  # type: ignore[misc]  # where Multiprocess looks for it


def drop_new_connections(sockets: Iterable[socket.socket]) -> None:
    """Accept no new connection, so that none waits in the socket when it is closed.

    A listening socket that is closed resets those who were let in by the kernel and not yet by us, and nginx must not
    send their POST again. Where new ones are not heard, they ask once more after a second, find the port closed, and go
    elsewhere. Where there are no filters (not Linux), the gap stays, of some microseconds.
    """
    program = b"".join(struct.pack("HBBI", *line) for line in DROP_SYN_PROGRAM)
    kept = ctypes.create_string_buffer(program)
    option = struct.pack("HL", len(DROP_SYN_PROGRAM), ctypes.addressof(kept))
    for each in sockets:
        with suppress(OSError):
            each.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, option)
