"""Supervisor of the processes of a server: replaces each that ends, logs that as an error, and counts it."""

from collections.abc import Sequence
from socket import socket
from typing import Final

import structlog
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from app.core.observability.metrics import ProcessMetrics, forget_gauges

WORKER_START_SECONDS: Final = 120
"""Seconds until a process answers its supervisor, which otherwise kills it; it imports the application first."""

log = structlog.get_logger()


class ServerSupervisor(Multiprocess):
    """uvicorn's supervisor, for which the death of a process is information only."""

    def __init__(self, config: uvicorn.Config, sockets: Sequence[socket], meters: ProcessMetrics) -> None:
        super().__init__(config, list(sockets))
        self._meters = meters

    @property
    def exit_code(self) -> int:
        """Exit code of the server: not 0 if a process could not start, for which uvicorn ends all of them."""
        has_failed = any(each.exitcode == STARTUP_FAILURE for each in self.processes)
        return STARTUP_FAILURE if has_failed else 0

    def keep_subprocess_alive(self) -> None:
        """Look whether each process is alive, and start another one for each that is not."""
        watched = list(self.processes)
        super().keep_subprocess_alive()
        for process in watched:
            if process not in self.processes:
                self._note_death(process)

    def _note_death(self, process: Process) -> None:
        log.error("a server process died; another one was started", process=process.pid, exit_code=process.exitcode)
        if process.pid is not None:
            forget_gauges(process.pid)
        self._meters.child_deaths.inc()
