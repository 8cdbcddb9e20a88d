"""The service: takes requests on its sockets, starts tasks in a fair order, each in a process that it forks.

It is one thread, so that it can fork at any moment. It never reads a source or an answer. It ends with its socket, or
on SIGTERM.
"""

import os
import selectors
import shutil
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
from app.core.file_service.tasks import CONVERT, TASKS, find_converter, list_abilities, load_task

CLEANING_SECONDS: Final = 5
"""Seconds after its time in which a conversion ends by itself."""
MAX_POLL_SECONDS: Final = 60.0


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
    """The state of the service. `folder` holds the folders of tasks; `soffice` is LibreOffice's, if there is one."""

    folder: Path
    soffice: str = ""
    container: ContainerLimits = field(default_factory=read_container_limits)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    waiting: dict[SlotTicket, FileTask] = field(default_factory=dict)
    running: dict[int, FileTask] = field(default_factory=dict)
    """By the descriptor of the process."""
    started: int = 0
    connections: int = 0
    slots: FairSlots = field(init=False)
    isolation: dict[str, IsolationPart] = field(init=False)

    def __post_init__(self) -> None:
        """Measure the isolation of tasks."""
        self.slots = FairSlots(self.container.slots)
        program = find_converter(self.soffice) if self.soffice else None
        self.isolation = measure_isolation(self.folder, measure_memory(), program)

    def serve_sockets(self, connections: list[socket.socket], listener: socket.socket | None = None) -> None:
        """Serve until there is neither a listener nor a connection."""
        for connection in connections:
            self._add_connection(connection)
        if listener:
            self.selector.register(listener, selectors.EVENT_READ, partial(self._accept, listener))
        while listener or self.connections:
            for key, _events in self.selector.select(self._seconds_to_deadline()):
                if key.fd in self.selector.get_map():  # nothing that came before has closed it
                    key.data()
            self._end_late_tasks()
            self._start_tasks()
        for task in self.running.values():
            os.kill(task.process, signal.SIGKILL)

    def _add_connection(self, connection: socket.socket) -> None:
        self.connections += 1
        self.selector.register(connection, selectors.EVENT_READ, partial(self._receive, connection))

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            self._add_connection(listener.accept()[0])

    def _receive(self, connection: socket.socket) -> None:
        """Take a request; a message that is none ends the connection."""
        descriptors: list[int] = []
        try:
            message, descriptors, flags, _ = socket.recv_fds(connection, MAX_REQUEST_BYTES, DESCRIPTORS)
            if not message or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or len(descriptors) != DESCRIPTORS:
                raise ValueError(len(descriptors))
            request = parse_request(message)
        except (OSError, ValueError, TypeError, AttributeError):
            for descriptor in descriptors:
                os.close(descriptor)
            self.selector.unregister(connection)
            connection.close()
            self.connections -= 1
            return
        self._take_request(request, TaskFiles(*descriptors[:3]), socket.socket(fileno=descriptors[3]))

    def _take_request(self, request: TaskRequest, files: TaskFiles, reply: socket.socket) -> None:
        """Answer a request at once, or have it wait for a slot."""
        reply.setblocking(False)
        now = time.monotonic()
        spec = TASKS.get(request.task)
        ticket = SlotTicket(request.party, os.fstat(files.source).st_size, now)
        if request.task == STATUS_TASK:
            outcome = TaskOutcome.STATUS
        elif spec is None or (request.task == CONVERT and not self.soffice):
            outcome = TaskOutcome.UNKNOWN
        elif not self._is_isolated() and not request.best_effort:
            outcome = TaskOutcome.NOT_ISOLATED
        else:
            limits = self.container.fit_limits(spec.limits.lower_to(request.limits or spec.limits))
            task = FileTask(request, files, reply, ticket, limits, now + request.wait)
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
        spec = TASKS[task.request.task]
        self.started += 1
        task.folder = self.folder / str(self.started) if spec.needs_folder else None
        setting = TaskSetting(task.limits, measure_memory(), task.folder, task.request.best_effort)
        try:
            function = load_task(task.request.task)
        except (ImportError, OSError):
            self.slots.release(task.ticket)
            self.selector.unregister(task.reply)
            task.files.close()
            send_reply(task.reply, TaskReply(TaskOutcome.UNKNOWN))
            return
        if task.request.task == CONVERT:
            task.process = fork_process(lambda: run_conversion(function, self.soffice, task.files, setting))
        else:
            task.process = fork_process(lambda: run_task(function, task.files, setting))
        task.files.close()
        grace = CLEANING_SECONDS if task.request.task == CONVERT else 0
        task.deadline = time.monotonic() + task.limits.seconds + grace
        task.pidfd = os.pidfd_open(task.process)
        self.running[task.pidfd] = task
        self.selector.register(task.pidfd, selectors.EVENT_READ, partial(self._finish, task))

    def _finish(self, task: FileTask) -> None:
        """Say how the process of a task ended, and clean up after it."""
        _pid, status, usage = os.wait4(task.process, 0)
        self.selector.unregister(task.pidfd)
        os.close(task.pidfd)
        del self.running[task.pidfd]
        self.slots.release(task.ticket)
        if task.folder:
            shutil.rmtree(task.folder, ignore_errors=True)
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


def send_reply(reply: socket.socket, message: TaskReply) -> None:
    """Send a reply to who asked, who may have gone."""
    with reply, suppress(OSError):
        reply.sendall(message.to_bytes())
