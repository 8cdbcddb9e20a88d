"""The service: takes requests on its sockets, starts tasks in a fair order, each in a process that it forks.

It is one thread, so that it can fork at any moment. It never reads a source or an answer. It ends with its socket, or
on SIGTERM.
"""

import os
import resource
import selectors
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from app.core.file_service.confinement import measure_memory
from app.core.file_service.conversion import run_conversion
from app.core.file_service.fair_slots import FairSlots, NoSlotError, SlotTicket
from app.core.file_service.folders import start_removal
from app.core.file_service.isolation import measure_isolation
from app.core.file_service.limits import ContainerLimits, TaskLimits, read_container_limits
from app.core.file_service.messages import (
    DESCRIPTORS,
    MAX_REQUEST_BYTES,
    NOT_ISOLATED,
    OUT_OF_CLOCK,
    REQUIRED_PARTS,
    STATUS_TASK,
    IsolationPart,
    ServiceStatus,
    TaskOutcome,
    TaskReply,
    TaskRequest,
    parse_request,
)
from app.core.file_service.task_process import TaskFiles, TaskSetting, fork_process, run_task
from app.core.file_service.tasks import CONVERT, TASKS, TaskFunction, find_converter, list_abilities, load_task

CLEANING_SECONDS: Final = 5
"""Seconds after its time in which a conversion ends by itself."""
MAX_POLL_SECONDS: Final = 60.0
MAX_CONNECTIONS: Final = 64
MAX_WAITING_OF_ALL: Final = 200
OTHER_DESCRIPTORS: Final = 64
"""Descriptors that the service keeps for itself, and for tasks that run."""


@dataclass(slots=True, eq=False)
class FileTask:
    """A task that waits or runs. `deadline` is when it has waited, or run, too long (monotonic clock)."""

    request: TaskRequest
    files: TaskFiles
    reply: socket.socket
    ticket: SlotTicket
    limits: TaskLimits
    deadline: float
    process: int = 0
    pidfd: int = -1
    folder: Path | None = None
    is_killed: bool = False


@dataclass(slots=True)
class FileService:
    """The state of the service. `folder` holds the folders of tasks; `soffice` is LibreOffice's, if there is one;
    `best_effort` takes what isolation there is."""

    folder: Path
    soffice: str = ""
    best_effort: bool = False
    container: ContainerLimits = field(default_factory=read_container_limits)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    waiting: dict[SlotTicket, FileTask] = field(default_factory=dict)
    running: dict[int, FileTask] = field(default_factory=dict)
    """By the descriptor of the process."""
    started: int = 0
    connections: dict[socket.socket, None] = field(default_factory=dict)
    """In the order in which they last asked."""
    is_stopping: bool = False
    slots: FairSlots = field(init=False)
    isolation: dict[str, IsolationPart] = field(init=False)

    def __post_init__(self) -> None:
        """Measure the isolation of tasks."""
        self.slots = FairSlots(self.container.slots, count_places_to_wait())
        program = find_converter(self.soffice) if self.soffice else None
        self.isolation = measure_isolation(self.folder, measure_memory(), program)

    def serve_sockets(
        self,
        connections: list[socket.socket],
        listener: socket.socket | None = None,
        stop: socket.socket | None = None,
    ) -> None:
        """Serve until there is neither a listener nor a connection, or something can be read from `stop`."""
        for connection in connections:
            self._add_connection(connection)
        if listener:
            self.selector.register(listener, selectors.EVENT_READ, partial(self._accept, listener))
        if stop:
            self.selector.register(stop, selectors.EVENT_READ, self._stop)
        while not self.is_stopping and (listener or self.connections):
            for key, _events in self.selector.select(self._seconds_to_deadline()):
                # What came before may have closed it, and its number may be that of something new.
                if self.selector.get_map().get(key.fd) is key:
                    key.data()
            self._end_late_tasks()
            self._start_tasks()
        for task in self.running.values():
            os.kill(task.process, signal.SIGKILL)

    def _stop(self) -> None:
        self.is_stopping = True

    def _add_connection(self, connection: socket.socket) -> None:
        self.connections[connection] = None
        self.selector.register(connection, selectors.EVENT_READ, partial(self._receive, connection))

    def _remove_connection(self, connection: socket.socket) -> None:
        del self.connections[connection]
        self.selector.unregister(connection)
        connection.close()

    def _accept(self, listener: socket.socket) -> None:
        """Take a new connection; if there are as many as may be, the one that has not asked for longest is closed: who
        needs it again opens another one."""
        with suppress(OSError):
            self._add_connection(listener.accept()[0])
        if len(self.connections) > count_connections():
            self._remove_connection(next(iter(self.connections)))

    def _receive(self, connection: socket.socket) -> None:
        """Take a request; a message that is none ends the connection."""
        descriptors: list[int] = []
        try:
            # Closed in each program that this process starts.
            received = socket.recv_fds(connection, MAX_REQUEST_BYTES, DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
            message, descriptors, flags, _ = received
            if not message or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or len(descriptors) != DESCRIPTORS:
                raise ValueError(len(descriptors))
            request = parse_request(message)
            reply = socket.socket(fileno=descriptors[3])
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            for descriptor in descriptors:
                os.close(descriptor)
            self._remove_connection(connection)
            return
        self.connections[connection] = self.connections.pop(connection)
        self._take_request(request, TaskFiles(*descriptors[:3]), reply)

    def _take_request(self, request: TaskRequest, files: TaskFiles, reply: socket.socket) -> None:
        """Answer a request at once, or have it wait for a slot."""
        reply.setblocking(False)
        now = time.monotonic()
        spec = TASKS.get(request.task)
        ticket = SlotTicket(request.party, os.fstat(files.source).st_size, now, request.is_alone)
        if request.task == STATUS_TASK:
            outcome = TaskOutcome.STATUS
        elif spec is None or (request.task == CONVERT and not self.soffice):
            outcome = TaskOutcome.UNKNOWN
        elif not self._is_isolated() and not self.best_effort:
            outcome = TaskOutcome.NOT_ISOLATED
        else:
            limits = self.container.fit_limits(spec.limits.lower_to(request.limits or spec.limits))
            task = FileTask(request, files, reply, ticket, limits, now + min(request.wait, spec.wait))
            try:
                self.slots.add(ticket)
            except NoSlotError:
                outcome = TaskOutcome.BUSY
            else:
                self.waiting[ticket] = task
                self.selector.register(reply, selectors.EVENT_READ, partial(self._abandon, task))
                return
        files.close()
        status = self._build_status() if outcome is TaskOutcome.STATUS else None
        send_reply(reply, TaskReply(outcome, status=status))

    def _is_isolated(self) -> bool:
        """Tell whether network and files were measured to be isolated."""
        return all(self.isolation[part].is_obtained for part in REQUIRED_PARTS)

    def _build_status(self) -> ServiceStatus:
        return ServiceStatus(list_abilities(self.soffice), self.isolation)

    def _abandon(self, task: FileTask) -> None:
        """End a task whose caller has gone."""
        if task.ticket in self.waiting:
            self._refuse(task)
        else:
            self.selector.unregister(task.reply)
            self._kill(task)

    def _refuse(self, task: FileTask) -> None:
        """Say that a task got no slot in time."""
        self.slots.remove(task.ticket)
        del self.waiting[task.ticket]
        self.selector.unregister(task.reply)
        task.files.close()
        send_reply(task.reply, TaskReply(TaskOutcome.BUSY))

    def _start_tasks(self) -> None:
        """Start the tasks that have a slot."""
        while ticket := self.slots.take_next(time.monotonic(), self._can_run):
            self._start(self.waiting.pop(ticket))

    def _can_run(self, ticket: SlotTicket) -> bool:
        """Tell whether there is memory for one more task; conversions leave slots to the others."""
        task = self.waiting[ticket]
        running = list(self.running.values())
        if task.request.task == CONVERT:
            conversions = sum(each.request.task == CONVERT for each in running)
            if conversions >= max(1, self.container.slots // 2):
                return False
        if self.container.memory is None or not running:
            return True
        return sum(each.limits.memory for each in running) + task.limits.memory <= self.container.memory

    def _start(self, task: FileTask) -> None:
        """Fork the process of a task."""
        try:
            function = load_task(task.request.task)
        except (ImportError, OSError):
            self._end_unstarted(task, TaskOutcome.UNKNOWN)
            return
        try:
            self._fork(task, function)
        except OSError:  # there is no process, descriptor or memory for it just now
            self._end_unstarted(task, TaskOutcome.BUSY)
            return
        task.files.close()
        grace = CLEANING_SECONDS if task.request.task == CONVERT else 0
        task.deadline = time.monotonic() + task.limits.seconds + grace
        self.running[task.pidfd] = task
        self.selector.register(task.pidfd, selectors.EVENT_READ, partial(self._finish, task))

    def _end_unstarted(self, task: FileTask, outcome: TaskOutcome) -> None:
        self.slots.release(task.ticket)
        self.selector.unregister(task.reply)
        task.files.close()
        send_reply(task.reply, TaskReply(outcome))

    def _fork(self, task: FileTask, function: TaskFunction) -> None:
        """Fork the process of a task. Raises OSError."""
        self.started += 1
        task.folder = self.folder / str(self.started) if TASKS[task.request.task].needs_folder else None
        setting = TaskSetting(task.limits, measure_memory(), task.folder, self.best_effort)
        if task.request.task == CONVERT:
            task.process = fork_process(lambda: run_conversion(function, self.soffice, task.files, setting))
        else:
            task.process = fork_process(lambda: run_task(function, task.files, setting))
        task.pidfd = open_process(task.process)

    def _finish(self, task: FileTask) -> None:
        """Say how the process of a task ended, and clean up after it."""
        _pid, status, usage = os.wait4(task.process, 0)
        self.selector.unregister(task.pidfd)
        os.close(task.pidfd)
        del self.running[task.pidfd]
        self.slots.release(task.ticket)
        if task.folder:
            self.remove_folder(task.folder)
        code = os.waitstatus_to_exitcode(status)
        with suppress(KeyError, ValueError):  # its caller has gone
            self.selector.unregister(task.reply)
        send_reply(
            task.reply,
            TaskReply(
                TaskOutcome.NOT_ISOLATED if code == NOT_ISOLATED else TaskOutcome.ENDED,
                code,
                usage.ru_utime + usage.ru_stime,
                task.is_killed or code == OUT_OF_CLOCK,
            ),
        )

    def remove_folder(self, folder: Path) -> None:
        """Remove a folder by another process: a task may have left very much in it."""
        with suppress(OSError):  # what cannot be removed now is removed when the service ends, or is started again
            process = start_removal(folder)
            pidfd = open_process(process)
            self.selector.register(pidfd, selectors.EVENT_READ, partial(self._end_removal, process, pidfd))

    def _end_removal(self, process: int, pidfd: int) -> None:
        self.selector.unregister(pidfd)
        os.close(pidfd)
        os.waitpid(process, 0)

    def _kill(self, task: FileTask) -> None:
        """Kill the process of a task; a conversion cleans up after SIGALRM first."""
        is_first, task.is_killed = not task.is_killed, True
        is_conversion = task.request.task == CONVERT
        with suppress(ProcessLookupError):
            os.kill(task.process, signal.SIGALRM if is_conversion and is_first else signal.SIGKILL)
        task.deadline = time.monotonic() + CLEANING_SECONDS

    def _end_late_tasks(self) -> None:
        """End what has waited or run too long."""
        now = time.monotonic()
        for task in [each for each in self.waiting.values() if each.deadline <= now]:
            self._refuse(task)
        for task in [each for each in self.running.values() if each.deadline <= now]:
            self._kill(task)

    def _seconds_to_deadline(self) -> float:
        """Return how long nothing is to be ended."""
        deadlines = [task.deadline for task in (*self.waiting.values(), *self.running.values())]
        return max(0.0, min(deadlines, default=time.monotonic() + MAX_POLL_SECONDS) - time.monotonic())


def open_process(process: int) -> int:
    """Open a descriptor of a process that was started. Raises OSError; then the process was ended."""
    try:
        return os.pidfd_open(process)
    except OSError:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        raise


def count_connections() -> int:
    """Return how many connections there may be: the limit of descriptors is shared with those of tasks."""
    return min(MAX_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4)


def count_places_to_wait() -> int:
    """Return how many tasks may wait: each has descriptors."""
    left = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - count_connections() - OTHER_DESCRIPTORS
    return min(MAX_WAITING_OF_ALL, max(1, left // DESCRIPTORS))


def send_reply(reply: socket.socket, message: TaskReply) -> None:
    """Send a reply to who asked, who may have gone."""
    with reply, suppress(OSError):
        reply.sendall(message.to_bytes())
        reply.shutdown(socket.SHUT_RDWR)  # a conversion that runs has this socket too, and would keep it open
