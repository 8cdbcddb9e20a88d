"""A service at a socket that answers each task as a test says: busy, cut off, or by ending with it."""

import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Thread
from typing import Final

from app.core.file_service.client import FileServiceOptions
from app.core.file_service.messages import (
    DESCRIPTORS,
    MAX_REQUEST_BYTES,
    STATUS_TASK,
    ServiceStatus,
    TaskOutcome,
    TaskReply,
    TaskRequest,
    parse_request,
)
from app.core.file_service.tasks import TASKS

BUSY: Final = TaskReply(TaskOutcome.BUSY)
CUT_OFF: Final = TaskReply(TaskOutcome.ENDED, 4, 1.0, is_out_of_clock=True)
KILLED: Final = TaskReply(TaskOutcome.ENDED, -9, 1.0)
INTERRUPTED: Final = None
"""The service ends with the task."""

Script = Mapping[str, TaskReply | bytes | None]
"""What is said to each task; bytes are the answer of one that succeeds."""


@contextmanager
def serve_script(
    script: Script, *, answers_status: bool = True, tasks: Iterable[str] = TASKS
) -> Iterator[tuple[FileServiceOptions, list[TaskRequest]]]:
    """Context manager: serve until the end, and yield how the service is reached, and the tasks that it was asked.
    `tasks` are those that it says it can do."""
    status = TaskReply(TaskOutcome.STATUS, status=ServiceStatus(tuple(tasks))) if answers_status else BUSY
    script = {STATUS_TASK: status, **script}
    folder, asked = Path(mkdtemp(prefix="cwg-test-", dir="/tmp")), list[TaskRequest]()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(f"{folder}/socket")
        listener.listen()
        thread = Thread(target=_accept_all, args=(listener, script, asked), daemon=True)
        thread.start()
        yield FileServiceOptions(f"{folder}/socket"), asked
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(60)
    rmtree(folder)


def _accept_all(listener: socket.socket, script: Script, asked: list[TaskRequest]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        Thread(target=_serve, args=(connection, script, asked), daemon=True).start()


def _serve(connection: socket.socket, script: Script, asked: list[TaskRequest]) -> None:
    """Answer the tasks of one connection until its client closes it or a task ends it."""
    with connection:
        while True:
            message, descriptors, *_ = socket.recv_fds(connection, MAX_REQUEST_BYTES, DESCRIPTORS)
            if not message:
                return
            request = parse_request(message)
            source, arguments, answer, reply = descriptors
            with socket.socket(fileno=reply) as end:
                said = script[request.task]
                if isinstance(said, bytes):
                    os.write(answer, said)
                    said = TaskReply(TaskOutcome.ENDED, 0)
                for descriptor in (source, arguments, answer):
                    os.close(descriptor)
                if request.task != STATUS_TASK:
                    asked.append(request)
                if said is INTERRUPTED:
                    return
                end.sendall(said.to_bytes())
