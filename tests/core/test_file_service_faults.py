"""The service that opens files, when a client, a task or the machine does what it should not."""

import json
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread

import pytest

from app.core.errors import Unavailable
from app.core.file_service import client, folders, messages, process, service
from app.core.file_service.confinement import measure_memory
from app.core.file_service.fair_slots import FairSlots, NoSlotError, SlotTicket
from app.core.file_service.folders import list_left_folders, make_service_folder
from app.core.file_service.limits import MIB, ContainerLimits, TaskLimits
from app.core.file_service.messages import SERVICE_FAULT, TaskOutcome, TaskReply, TaskRequest, parse_reply
from app.core.file_service.service import FileTask, send_reply
from app.core.file_service.task_process import TaskFiles, fork_process
from app.core.file_service.tasks import CONVERT, TASKS, TaskSpec
from tests.files import make_docx, make_pdf
from tests.one_task import OneTask
from tests.waiting import is_gone, wait_until

GIB = 1024 * MIB
BAD_MESSAGES = [
    b'{"task": []}',
    b'{"task": "words", "party": []}',
    b'{"task": "words", "party": "%s"}' % (b"x" * 101),
    b'{"task": "words", "wait": "x"}',
    b'{"task": "words", "wait": true}',
    b'{"task": "words", "wait": NaN}',
    b'{"task": "words", "wait": Infinity}',
    b'{"task": "words", "limits": [1]}',
    b'{"task": "words", "limits": {"seconds": "x"}}',
    b'{"task": "words", "limits": {"seconds": -1}}',
    b'{"task": "words", "limits": {"memory": 0.5}}',
    b"{}",
    b"[" * 8000,
]


def use_task(monkeypatch: pytest.MonkeyPatch, name: str, **given: bool) -> None:
    """Have the task of words do something else."""
    monkeypatch.setitem(TASKS, "words", TaskSpec(f"tests.file_service_tasks:{name}", TASKS["words"].limits, **given))


def open_request(message: bytes, source: int, number: int = 4) -> tuple[socket.socket, socket.socket, socket.socket]:
    """Send a request with descriptors; return our side, the service's, and the socket of the reply."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reply, other = socket.socketpair()
    with client.open_bytes(b"{}") as arguments, TemporaryFile() as answer, other:
        sent = [source, arguments.fileno(), answer.fileno(), other.fileno(), source][:number]
        socket.send_fds(ours, [message], sent)
    return ours, theirs, reply


def watch_task(alone: OneTask, look: Callable[[int, socket.socket], object], **given: float) -> object:
    """Have the service run a task that waits, look at its process meanwhile, and return what was seen."""
    with TemporaryFile() as source:
        ours, theirs, reply = open_request(TaskRequest("words").to_bytes(), source.fileno())
    seen: list[object] = []

    def watch() -> None:
        try:
            wait_until(lambda: alone.service.running)
            (task,) = alone.service.running.values()
            seen.append(look(task.process, reply))
        finally:
            reply.close()
            with suppress(TimeoutError):
                wait_until(lambda: not alone.service.running, within=60)
            ours.close()

    thread = Thread(target=watch)
    thread.start()
    alone.service.serve_sockets([theirs])
    thread.join()
    assert seen
    return seen[0]


@pytest.mark.parametrize("message", BAD_MESSAGES, ids=lambda message: message[:60].decode())
def test_a_message_with_other_types_is_no_request(message: bytes) -> None:
    with pytest.raises((ValueError, TypeError, LookupError, AttributeError, RecursionError)):
        messages.parse_request(message)


def test_a_request_of_a_client_of_another_version_is_understood() -> None:
    given = {"task": "words", "party": "KEN", "wait": 2.5, "limits": {"seconds": 3}, "more": True}

    assert messages.parse_request(json.dumps(given).encode()) == TaskRequest("words", "KEN", 2.5, TaskLimits(3))


def test_no_message_ends_the_service(tmp_path: Path) -> None:
    alone = OneTask(tmp_path)
    whole = TaskRequest("inspect").to_bytes()
    with TemporaryFile() as source:
        cases = [*((message, 4) for message in BAD_MESSAGES), (whole + b" " * 9000, 4), (whole, 3), (whole, 5)]
        for message, number in cases:
            ours, theirs, reply = open_request(message, source.fileno(), number)
            with ours, reply:
                alone.service.serve_sockets([theirs])
                assert client._receive_all(reply) == b"", message
                assert not alone.service.waiting
        for kind in (b'{"task": "status"}', whole):
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with ours:
                socket.send_fds(ours, [kind], [source.fileno()] * 4)  # the last one is no socket
                alone.service.serve_sockets([theirs])

    assert alone.run("inspect", make_pdf()).code == 0


def test_an_event_of_what_was_closed_is_not_for_what_has_its_number(tmp_path: Path) -> None:
    alone = OneTask(tmp_path)
    selector, called = alone.service.selector, list[str]()
    (first, first_end), (second, second_end), (silent, silent_end) = (socket.socketpair() for _ in range(3))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    number = second.fileno()

    def replace_second() -> None:
        selector.unregister(first)
        selector.unregister(number)
        os.dup2(silent.fileno(), number)
        selector.register(number, 1, lambda: called.append("new"))
        called.append("first")

    with first, first_end, second, second_end, silent, silent_end:
        for end in (first_end, second_end):
            end.send(b"x")
        selector.register(first, 1, replace_second)
        selector.register(number, 1, lambda: called.append("second"))
        ours.close()
        alone.service.serve_sockets([theirs])

    assert called == ["first"]


@pytest.mark.parametrize("call", ["fork", "pidfd_open"])
def test_a_task_for_which_there_is_no_process_is_tried_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> int:
        raise BlockingIOError

    alone = OneTask(tmp_path)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = children.read_text()
    with monkeypatch.context() as none_left:
        none_left.setattr(os, call, fail)
        assert alone.run("inspect", make_pdf()).outcome is TaskOutcome.BUSY

    assert alone.run("inspect", make_pdf()).code == 0
    assert children.read_text() == before


def test_a_fault_before_the_file_is_read_is_not_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = OneTask(tmp_path, "/bin/true")
    use_task(monkeypatch, "write_file", needs_folder=True)
    assert alone.run("words").code == 0
    alone.service.folder = tmp_path / "gone"

    assert alone.run("words").code == SERVICE_FAULT
    assert alone.run("convert", make_docx()).code == SERVICE_FAULT


def test_a_full_disk_and_a_service_without_the_task_refuse_no_file() -> None:
    with client.open_bytes(make_docx("a")) as source:
        for task, path in (("words", "/dev/full"), (CONVERT, "/dev/null")):
            with Path(path).open("r+b", buffering=0) as answer, pytest.raises(Unavailable, match="not responding"):
                client.run_task(task, source, answer, options=client.FileServiceOptions())
        with TemporaryFile() as answer:
            client.run_task("words", source, answer, options=client.FileServiceOptions())


def test_a_client_can_lower_limits_and_not_raise_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_task(monkeypatch, "say_limits")
    alone = OneTask(tmp_path)
    usual = TASKS["words"].limits
    low, high = (TaskLimits(9, 7, 300 * MIB, 5 * MIB, 20), TaskLimits(900, 700, 900 * GIB, 50 * GIB, 2000))

    for given, expected in ((low, low), (high, usual), (None, usual)):
        assert alone.run("words", limits=given).code == 0
        said = json.loads(alone.answer)
        memory = said.pop("AS")
        assert said == {
            "CPU": [expected.cpu_seconds] * 2,
            "FSIZE": [expected.max_file_bytes] * 2,
            "NOFILE": [expected.descriptors] * 2,
            "CORE": [0, 0],
            "dumpable": 0,
        }
        assert memory[0] == memory[1]
        assert abs(memory[0] - expected.memory - measure_memory()) < 64 * MIB


def test_a_task_whose_caller_has_gone_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_task(monkeypatch, "wait_long")

    def leave(task: int, reply: socket.socket) -> bool:
        assert not is_gone(task)
        reply.close()
        wait_until(lambda: is_gone(task), within=60)
        return True

    assert watch_task(OneTask(tmp_path), leave)


def test_a_task_is_ended_before_the_service_if_memory_is_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_task(monkeypatch, "wait_long")

    def look(task: int, _reply: socket.socket) -> bool:
        wait_until(lambda: Path(f"/proc/{task}/oom_score_adj").read_text() == "1000\n")
        return True

    assert watch_task(OneTask(tmp_path), look)


def test_tasks_end_with_a_service_that_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_task(monkeypatch, "wait_long")
    alone = OneTask(tmp_path)
    with TemporaryFile() as source:
        ours, theirs, reply = open_request(TaskRequest("words").to_bytes(), source.fileno())
    stop, stopper = socket.socketpair()
    thread = Thread(target=lambda: (wait_until(lambda: alone.service.running), stopper.send(b"x")))
    thread.start()

    alone.service.serve_sockets([theirs], None, stop)

    thread.join()
    (task,) = alone.service.running.values()
    wait_until(lambda: is_gone(task.process), within=60)
    assert os.waitstatus_to_exitcode(os.waitpid(task.process, 0)[1]) == -signal.SIGKILL
    for each in (ours, theirs, reply, task.reply, stop, stopper):
        each.close()


@pytest.mark.parametrize(("asked", "allowed"), [(0.1, 100.0), (1e9, 0.1)])
def test_who_has_waited_too_long_is_sent_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: float, allowed: float
) -> None:
    """As long as it asked for, and as its task may at most."""
    monkeypatch.setitem(TASKS, "inspect", replace(TASKS["inspect"], wait=allowed))
    alone = OneTask(tmp_path)
    alone.service.slots._held["others"] = alone.service.slots.count
    assert alone.run("inspect", make_pdf(), wait=asked).outcome is TaskOutcome.BUSY

    alone.service.slots._held.clear()
    assert alone.run("inspect", make_pdf(), wait=asked).code == 0


def test_conversions_leave_slots_and_tasks_have_memory(tmp_path: Path) -> None:
    alone = OneTask(tmp_path, "/bin/true").service
    files, (reply, other) = TaskFiles(0, 0, 0), socket.socketpair()

    def make_task(name: str, memory: int) -> FileTask:
        ticket = SlotTicket(name, 0, 0)
        alone.waiting[ticket] = FileTask(TaskRequest(name), files, reply, ticket, TaskLimits(memory=memory), 0)
        return alone.waiting[ticket]

    def can_run(task: FileTask, *running: FileTask) -> bool:
        alone.running = dict(enumerate(running))
        return alone._can_run(task.ticket)

    conversion, small, large = make_task(CONVERT, GIB), make_task("words", GIB), make_task("words", 3 * GIB)
    with reply, other:
        alone.container = ContainerLimits(None, 4)
        assert can_run(conversion, conversion)
        assert not can_run(conversion, conversion, conversion), "half of the slots"
        assert can_run(small, conversion, conversion)
        alone.container = ContainerLimits(3 * GIB, 4)
        assert can_run(small, small, small)
        assert not can_run(small, small, small, small)
        assert not can_run(large, small)
        assert can_run(large), "alone"


def test_what_a_task_leaves_in_its_folder_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_task(monkeypatch, "write_file", needs_folder=True)
    alone = OneTask(tmp_path)

    assert alone.run("words").code == 0
    folder = Path(alone.answer.decode())
    assert folder.parent == alone.folder
    wait_until(lambda: not folder.exists())


def test_all_that_wait_are_bounded_and_parties_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    slots = FairSlots(1, most_waiting=2)
    tickets = [SlotTicket(str(number), 0, 0) for number in range(3)]
    slots.add(tickets[0])
    slots.add(tickets[1])
    with pytest.raises(NoSlotError):
        slots.add(tickets[2])
    for ticket in [SlotTicket(f"party {number}", 0, 0) for number in range(1_200)]:
        slots.waiting = [ticket]
        assert slots.take_next(0) is ticket
        slots.release(ticket)
    assert (len(slots._last_served), len(slots._held)) == (1_000, 0)


def test_many_connections_leave_a_place_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_CONNECTIONS", 3)
    alone = OneTask(tmp_path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(tmp_path / "s")[:107])
    listener.listen(16)
    callers = []
    for _ in range(5):
        caller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        caller.connect(listener.getsockname())
        alone.service._accept(listener)
        callers.append(caller)
    for caller in callers:
        caller.setblocking(False)
    ended = []
    for caller in callers:
        with suppress(BlockingIOError):
            ended.append(caller.recv(1))

    assert ended == [b"", b""]
    assert len(alone.service.connections) == 3
    for each in (*callers, listener, *alone.service.connections):
        each.close()


def test_places_to_wait_are_as_many_as_there_are_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        assert (service.count_connections(), service.count_places_to_wait()) == (64, 32)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        assert service.count_places_to_wait() == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_reply_ends_though_another_process_holds_its_socket() -> None:
    ours, theirs = socket.socketpair()
    with theirs.dup(), ours:
        send_reply(theirs, TaskReply(TaskOutcome.BUSY))
        ours.settimeout(5)
        assert parse_reply(client._receive_all(ours)).outcome is TaskOutcome.BUSY


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for those of services and for their socket, whose path may be long."""
    monkeypatch.setattr(folders, "MAX_TEMPORARY_PATH", 1_000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(process, "leave_root", lambda: None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_forked(run: Callable[[], object]) -> int:
    """Run a function in a process of its own; return its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(fork_process(lambda: bool(run()) and 0), 0)[1])


def test_a_service_that_is_stopped_while_it_starts_ends(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "load_all_tasks", lambda: os.kill(os.getpid(), signal.SIGTERM))
    path = Path("s")

    assert run_forked(lambda: process.serve_socket(path, "")) == 0
    assert list(own_folder.glob("s*")) == []


def test_a_service_removes_no_socket_of_another_one(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "load_all_tasks", lambda: None)
    path = Path("s")
    first = fork_process(lambda: bool(process.serve_socket(path, "")))
    wait_until(path.exists)
    second, _number = process.listen_at(path)

    os.kill(first, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) == 0

    with second, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
        caller.connect(str(path))
    assert [each.name for each in own_folder.iterdir() if each.is_socket()] == ["s"]


def test_folders_of_services_that_were_killed_are_found(own_folder: Path) -> None:
    own = make_service_folder()
    assert run_forked(make_service_folder) == 0
    older = own_folder / "cwg-files-older"
    older.mkdir()

    left = list_left_folders(own_folder)

    assert len(left) == 1
    assert {*left, own, older} == set(own_folder.iterdir())
    folders.remove_folder(left[0])
    assert not left[0].exists()
