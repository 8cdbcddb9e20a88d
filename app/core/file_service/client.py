"""What portal and worker call: has a task done by the service, and says what kept it from being done.

The service is the one at the socket that the settings name. If they name none, this process starts one as its child,
which ends with it.
"""

import atexit
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from tempfile import TemporaryFile
from threading import Lock, Thread
from typing import BinaryIO, Final

import structlog

from app.core.errors import Unavailable
from app.core.file_service.confinement import SOURCE_ROOT
from app.core.file_service.fair_slots import ALONE
from app.core.file_service.limits import TaskLimits
from app.core.file_service.messages import (
    MAX_REPLY_BYTES,
    OUT_OF_MEMORY,
    SERVICE_FAULT,
    STATUS_TASK,
    ServiceStatus,
    TaskOutcome,
    TaskReply,
    TaskRequest,
    parse_reply,
)
from app.core.file_service.tasks import TASKS
from app.core.i18n import lazy_gettext as _

log = structlog.get_logger(__name__)

# -I ignores environment and working directory, so the path to the source is given; nothing else is added.
START_CODE: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from app.core.file_service.process import serve_child;"
    " serve_child(int(sys.argv[2]), sys.argv[3], best_effort=sys.argv[4] == 'best effort')"
)
GRACE_SECONDS: Final = 15
"""Seconds after all limits in which the service says that a task has ended."""
MAX_ERROR_LINES, MAX_ERROR_BYTES = 40, 1000
STATUS_SECONDS: Final = 10.0
STATUS_AGE_SECONDS: Final = 30.0
SILENCE_AGE_SECONDS: Final = 5.0
"""How long it is remembered that the service did not answer: it may be starting."""
NO_SERVICE = _("The service that opens files is not responding. Try again in a few minutes.")
NOT_ISOLATED = _(
    "Files cannot be opened safely on this server, so none are opened. Inform the system administrator: the "
    "“System status” page says what is missing."
)


class TaskFailure(StrEnum):
    """Why a task was not done."""

    BUSY = "busy"
    """Others were first: it did not run."""
    CUT_OFF = "cut off"
    """It ran and was ended, before it had used the processor time that it may: by the clock, or because the container
    had no memory for all tasks. Perhaps the machine is busy, perhaps the file makes it wait."""
    OUT_OF_TIME = "out of time"
    OUT_OF_MEMORY = "out of memory"
    FAILED = "failed"
    """The process failed: the file is damaged, or not what the task is for."""


class ServiceInterrupted(Unavailable):
    """The service ended while it had a task: perhaps because of its file."""


class TaskError(Exception):
    """A task was not done."""

    def __init__(self, task: str, failure: TaskFailure) -> None:
        super().__init__(f"{task}: {failure}")
        self.failure = failure


@dataclass(frozen=True, slots=True)
class FileServiceOptions:
    """How the service is reached: the path of its socket; without one, where LibreOffice is for the child that is
    started, and whether that takes what isolation the system gives (`best_effort`, the demo)."""

    socket_path: str = ""
    soffice: str = ""
    best_effort: bool = False


@dataclass(slots=True)
class ServiceConnection:
    """A connection to the service, and its process if it is a child of this one."""

    requests: socket.socket
    process: "subprocess.Popen[bytes] | None" = None
    status: ServiceStatus | None = None
    status_at: float | None = None
    lock: Lock = field(default_factory=Lock)
    """Held while the service is asked for its status."""

    def is_alive(self) -> bool:
        """Return whether the service can be asked."""
        return self.requests.fileno() >= 0 and (self.process is None or self.process.poll() is None)

    def close(self) -> None:
        """Close the connection; a child ends with it."""
        self.requests.close()
        if self.process:
            try:
                self.process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


_connections: dict[tuple[int, FileServiceOptions], ServiceConnection] = {}
"""Those of each process, by the number of the process: one that was forked has its own."""
_connecting = Lock()
_configured = FileServiceOptions()


def configure_file_service(options: FileServiceOptions) -> None:
    """Set how this process reaches the service, for callers that give no options."""
    global _configured
    _configured = options


def start_child(soffice: str, *, best_effort: bool = False) -> ServiceConnection:
    """Start a service as a child of this process, with an empty environment and no descriptors but its socket and a
    pipe for its errors, which are logged. Its tasks have neither."""
    requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-X", "utf8", "-c", START_CODE),
                *(str(SOURCE_ROOT), str(theirs.fileno()), soffice, "best effort" if best_effort else ""),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={},
            cwd="/",
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    Thread(target=_log_errors, args=(process.stderr,), name="errors of the file service", daemon=True).start()
    return ServiceConnection(requests, process)


def _log_errors(errors: BinaryIO) -> None:
    """Log the first lines that the service writes about itself, and read the others, until it ends."""
    with errors:
        for number in count():
            line = errors.readline(MAX_ERROR_BYTES)
            if not line:
                return
            if number < MAX_ERROR_LINES:
                log.error("the service that opens files reports", line=line.decode(errors="replace").rstrip())


def open_connection(options: FileServiceOptions) -> ServiceConnection:
    """Connect to the service, or start it. Raises OSError if it is not there."""
    if not options.socket_path:
        return start_child(options.soffice, best_effort=options.best_effort)
    requests = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        requests.settimeout(STATUS_SECONDS)
        requests.connect(options.socket_path)
    except OSError:
        requests.close()
        raise
    return ServiceConnection(requests)


def get_connection(options: FileServiceOptions) -> ServiceConnection:
    """Return the connection of this process; it is opened when first needed, and again if it was lost. Raises
    OSError."""
    with _connecting:
        found = find_connection(options)
        if found is None:
            found = _connections[os.getpid(), options] = open_connection(options)
        return found


def find_connection(options: FileServiceOptions) -> ServiceConnection | None:
    """Find the connection of this process, if there is one and it was not lost."""
    key = (os.getpid(), options)
    connection = _connections.get(key)
    if connection and not connection.is_alive():
        _connections.pop(key).close()
        return None
    return connection


@atexit.register
def close_connections() -> None:
    """Close the connections of this process; its children end with them."""
    for key in [key for key in _connections if key[0] == os.getpid()]:
        _connections.pop(key).close()


def read_task(
    task: str,
    source: BinaryIO,
    arguments: bytes = b"",
    *,
    limits: TaskLimits | None = None,
    wait: float | None = None,
    party: str = ALONE,
    is_alone: bool = False,
    options: FileServiceOptions | None = None,
) -> bytes:
    """Have a task done and return its answer. Raises TaskError, or Unavailable."""
    with TemporaryFile() as answer:
        run_task(
            *(task, source, answer, arguments),
            limits=limits,
            wait=wait,
            party=party,
            is_alone=is_alone,
            options=options,
        )
        answer.seek(0)
        return answer.read((limits or TASKS[task].limits).max_file_bytes)


def run_task(
    task: str,
    source: BinaryIO,
    answer: BinaryIO,
    arguments: bytes = b"",
    *,
    limits: TaskLimits | None = None,
    wait: float | None = None,
    party: str = ALONE,
    is_alone: bool = False,
    options: FileServiceOptions | None = None,
) -> None:
    """Have a task done, which reads the file `source` and writes to the file `answer`.

    `wait` is how many seconds it may wait for a slot. `party` is the State or organisation that hands the file in:
    different ones are served in a fair order. With `is_alone` nothing else runs in the service meanwhile. Raises
    TaskError, or Unavailable if the service is not there or opens nothing.
    """
    used = options or _configured
    allowed, turn = limits or TASKS[task].limits, TASKS[task].wait if wait is None else wait
    request = TaskRequest(task, party, turn, limits, is_alone)
    reply = _ask(request, source, answer, arguments, used, turn + allowed.seconds + GRACE_SECONDS)
    if reply.outcome is TaskOutcome.NOT_ISOLATED:
        raise Unavailable(NOT_ISOLATED)
    if reply.outcome is TaskOutcome.UNKNOWN or reply.code == SERVICE_FAULT:
        raise Unavailable(NO_SERVICE)
    if failure := find_failure(reply, allowed):
        raise TaskError(task, failure)


def find_failure(reply: TaskReply, limits: TaskLimits) -> TaskFailure | None:
    """Tell from a reply why a task was not done; None if it was."""
    if reply.outcome is TaskOutcome.BUSY:
        return TaskFailure.BUSY
    if reply.outcome is not TaskOutcome.ENDED:
        return TaskFailure.FAILED
    if reply.code == 0:
        return None
    if reply.cpu_seconds >= limits.cpu_seconds - 1:
        return TaskFailure.OUT_OF_TIME
    if reply.is_out_of_clock or reply.code == -signal.SIGKILL:
        return TaskFailure.CUT_OFF
    if reply.code in (OUT_OF_MEMORY, -signal.SIGABRT):  # a library in C++ may abort if it gets none
        return TaskFailure.OUT_OF_MEMORY
    return TaskFailure.FAILED


def get_service_status(options: FileServiceOptions | None = None) -> ServiceStatus:
    """Return what the service can do, and how its tasks are isolated, as it was seconds ago.

    One caller asks while the others take what was known, and that it does not answer is known for some seconds too: a
    service that hangs holds few pages. Raises Unavailable.
    """
    used = options or _configured
    connection = _connect(used)
    if not _knows_status(connection) and connection.lock.acquire(blocking=connection.status_at is None):
        try:
            if not _knows_status(connection):  # another caller may have asked meanwhile
                connection.status = _ask_for_status(used)
                connection.status_at = time.monotonic()
        finally:
            connection.lock.release()
    if connection.status is None:
        raise Unavailable(NO_SERVICE)
    return connection.status


def _knows_status(connection: ServiceConnection) -> bool:
    age = SILENCE_AGE_SECONDS if connection.status is None else STATUS_AGE_SECONDS
    return connection.status_at is not None and time.monotonic() - connection.status_at <= age


def _ask_for_status(options: FileServiceOptions) -> ServiceStatus | None:
    """Ask the service for its status; None if it does not answer."""
    with open_bytes(b"") as source, TemporaryFile() as answer:
        try:
            return _ask(TaskRequest(STATUS_TASK), source, answer, b"", options, STATUS_SECONDS).status
        except Unavailable:
            return None


def can_do_task(task: str, options: FileServiceOptions | None = None) -> bool:
    """Tell whether the service can do a task; if it does not answer, it cannot."""
    try:
        return task in get_service_status(options).tasks
    except Unavailable:
        return False


@contextmanager
def open_bytes(content: bytes) -> Iterator[BinaryIO]:
    """Context manager: open a file in memory with this content."""
    with os.fdopen(os.memfd_create("content"), "w+b") as file:
        file.write(content)
        file.seek(0)
        yield file


def _connect(options: FileServiceOptions) -> ServiceConnection:
    """Return the connection. Raises Unavailable."""
    try:
        return get_connection(options)
    except OSError:
        raise Unavailable(NO_SERVICE) from None


def _ask(
    request: TaskRequest,
    source: BinaryIO,
    answer: BinaryIO,
    arguments: bytes,
    options: FileServiceOptions,
    seconds: float,
) -> TaskReply:
    """Send a request and wait for its reply; once more if the service was started again. Raises Unavailable."""
    with open_bytes(arguments) as given:
        for _attempt in range(2):
            connection = _connect(options)
            reply, theirs = socket.socketpair()
            with reply:
                reply.settimeout(seconds)
                descriptors = [source.fileno(), given.fileno(), answer.fileno(), theirs.fileno()]
                try:
                    with theirs:
                        socket.send_fds(connection.requests, [request.to_bytes()], descriptors)
                except OSError:
                    connection.requests.close()  # it was not taken
                    continue
                try:
                    return parse_reply(_receive_all(reply))
                except (OSError, ValueError, TypeError, KeyError):
                    raise ServiceInterrupted(NO_SERVICE) from None
    raise Unavailable(NO_SERVICE)


def _receive_all(reply: socket.socket) -> bytes:
    """Return everything that is said until the other side is closed. Raises OSError."""
    message = bytearray()
    while part := reply.recv(MAX_REPLY_BYTES):
        message += part
    return bytes(message)
