"""A proxy to a local server that can be cut: new connections are refused, and open ones are closed."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread

from tests.http_server import free_port

PIECE = 65536


class CuttableConnection:
    """Forwards `port` to another one until it is cut."""

    def __init__(self, to: int) -> None:
        self.port, self._to = free_port(), to
        self._ends: list[socket.socket] = []
        self.listen()

    def listen(self) -> None:
        listening = socket.create_server(("127.0.0.1", self.port))
        self._ends = [listening]
        Thread(target=self._accept, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it
            end.close()

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        self.cut()
        try:
            yield
        finally:
            self.listen()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", self._to), timeout=20)
                far.settimeout(None)
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with closing(other), suppress(OSError):
        while piece := one.recv(PIECE):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)
