"""The service that opens files: its process, its limits, and that it opens nothing where tasks are not isolated."""

import errno
import os
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from structlog.testing import capture_logs

from app.core.errors import Unavailable
from app.core.file_service import client, confinement, landlock
from app.core.file_service.client import FileServiceOptions
from app.core.file_service.confinement import SOURCE_ROOT, measure_memory
from app.core.file_service.isolation import _succeeds, measure_isolation
from app.core.file_service.landlock import LandlockRestrictions
from app.core.file_service.limits import RESERVED_MEMORY, TaskLimits, read_container_limits
from app.core.file_service.messages import IsolationPart, TaskOutcome
from app.core.file_service.process import SERVICE_USER, SOCKET_MODE
from app.core.inspection import InspectionLimits
from tests.child_services import list_child_processes
from tests.core.test_inspection import apply_rules, inspect_bytes, list_refusals
from tests.files import make_pdf, repack, with_metadata, with_part
from tests.hostile import EXCESSIVE
from tests.one_task import OneTask
from tests.waiting import is_gone, wait_until


def test_a_file_that_takes_too_much_processor_time_is_refused(tmp_path: Path) -> None:
    few, many = (with_part("word/extra.xml", b"<a>" + b"<b/>" * count + b"</a>") for count in (10_000, 1_900_000))

    assert list_refusals(inspect_bytes(tmp_path, few, "a.docx", InspectionLimits(cpu_seconds=1))) == []
    assert list_refusals(inspect_bytes(tmp_path, many, "a.docx", InspectionLimits(cpu_seconds=1))) == [
        "Examining the file takes longer than is allowed for one file."
    ]


def test_a_file_is_not_blamed_for_a_busy_machine(tmp_path: Path) -> None:
    """It got less processor time than it may use."""
    with pytest.raises(Unavailable, match="Many files are being received"):
        inspect_bytes(tmp_path, make_pdf(), "a.pdf", InspectionLimits(seconds=0.001))
    assert list_refusals(inspect_bytes(tmp_path, make_pdf(), "a.pdf")) == []


def test_an_inspection_that_needs_too_much_memory_refuses_the_file(tmp_path: Path) -> None:
    big = make_pdf(with_metadata(b" " * (100 * 1024 * 1024) + b"<x/>"))

    assert list_refusals(inspect_bytes(tmp_path, big, "a.pdf")) == ["The document’s metadata is too large."]
    assert list_refusals(inspect_bytes(tmp_path, big, "a.pdf", InspectionLimits(memory=150 * 1024 * 1024))) == [
        EXCESSIVE
    ]


def test_the_elements_of_all_parts_are_counted() -> None:
    limits = InspectionLimits(max_elements=100_000)
    half = b"<a>" + b"<b/>" * 50_000 + b"</a>"
    one = with_part("word/one.xml", half)

    assert list_refusals(apply_rules(one, "a.docx", limits)) == []
    assert list_refusals(apply_rules(repack(one, {"word/two.xml": half}), "a.docx", limits)) == [
        "A part of the document is too large."
    ]


def test_the_service_has_nothing_of_the_portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client.close_connections()
    monkeypatch.setenv("CWG_SIGNING_KEY", "only-for-the-portal")
    secret = (tmp_path / "secret").open("w")
    with secret:
        os.set_inheritable(secret.fileno(), True)
        assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused
        process = Path(f"/proc/{next(list_child_processes())}")
        opened = {str(descriptor.readlink()) for descriptor in (process / "fd").iterdir()}

    assert (process / "environ").read_bytes() == b""
    assert secret.name not in opened
    opened -= {name for name in opened if name.endswith("/lock")}  # of its own folder
    assert {name.partition(":")[0] for name in opened} == {"/dev/null", "socket", "anon_inode", "pipe"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_service_that_root_starts_is_not_root(tmp_path: Path) -> None:
    assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused

    lines = Path(f"/proc/{next(list_child_processes())}/status").read_text().splitlines()
    status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}

    assert status["Uid"] == status["Gid"] == [str(SERVICE_USER)] * 4
    assert (status["Groups"], status["CapEff"]) == ([], ["0" * 16])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("mode", "said"), [(0o755, "user 10002\n"), (0o700, "may not enter the folder {}.")])
def test_a_service_that_could_not_read_what_it_needs_does_not_start_and_says_why(
    tmp_path: Path, mode: int, said: str
) -> None:
    library = Path(mkdtemp(prefix="cwg-test-", dir="/tmp"))
    library.chmod(mode)
    lines = "import os, sys, pathlib; sys.path.insert(0, sys.argv[1]); from app.core.file_service import process"
    lines += "; process.NEEDED_FOLDERS = [*process.NEEDED_FOLDERS, pathlib.Path(sys.argv[2])]; process.leave_root()"
    lines += "; print('user', os.geteuid(), file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", lines, SOURCE_ROOT, library], stderr=subprocess.PIPE, text=True, check=False
    )
    library.rmdir()

    assert said.format(library) in ended.stderr
    assert (ended.returncode == 0) == (mode == 0o755)


def test_what_a_service_says_before_it_ends_is_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "START_CODE", "import sys; sys.exit('The library cannot be read.')")
    with capture_logs() as lines:
        with pytest.raises(Unavailable):
            client.get_service_status(FileServiceOptions(soffice="another"))
        wait_until(lambda: [line for line in lines if line.get("line") == "The library cannot be read."])


def test_a_service_that_was_killed_is_started_again(tmp_path: Path) -> None:
    assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused
    killed = next(list_child_processes())
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in list_child_processes())

    assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused


def test_a_service_ends_with_the_process_that_it_serves(tmp_path: Path) -> None:
    """However that process ends."""
    lines = "import sys; sys.path.insert(0, sys.argv[1]); from app.core.file_service import client"
    lines += "; print(client.get_connection(client.FileServiceOptions()).process.pid, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", lines, SOURCE_ROOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as portal:
        assert portal.stdout
        service = int(portal.stdout.readline())
        assert not is_gone(service)
        portal.kill()
    wait_until(lambda: is_gone(service))


def test_a_service_at_a_socket_serves_more_than_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder is made as the deployment makes it."""
    folder = Path(mkdtemp(prefix="cwg-test-", dir="/tmp"))
    folder.chmod(0o777)
    options = client.FileServiceOptions(str(folder / "socket"))
    command = [sys.executable, "-m", "app", "file-service", "--socket", options.socket_path]
    service = subprocess.Popen(command, cwd=SOURCE_ROOT)
    try:
        wait_until(lambda: Path(options.socket_path).exists() or service.poll() is not None)
        mode = Path(options.socket_path).stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == SOCKET_MODE
        wait_until(lambda: client.can_do_task("inspect", options))
        monkeypatch.setattr(client, "_configured", options)
        assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused
        assert subprocess.run([*command, "--check"], cwd=SOURCE_ROOT, check=True, capture_output=True).stdout
        assert subprocess.run([*command, "--alive"], cwd=SOURCE_ROOT, check=True, capture_output=True).stdout == b""
    finally:
        service.terminate()
        service.wait(60)
        rmtree(folder)
    with pytest.raises(Unavailable, match="is not responding"):
        inspect_bytes(tmp_path, make_pdf(), "a.pdf")


def test_the_service_and_the_inspection_load_no_database_and_no_secret() -> None:
    lines = "import sys; import app.cli.file_service, app.cli.inspect_files, app.__main__; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", lines], cwd=SOURCE_ROOT, check=True, capture_output=True, text=True
    ).stdout.split()

    assert "app.core.file_service.service" in loaded
    unwanted = ("sqlalchemy", "psycopg", "app.settings", "app.key_settings", "app.domain")
    assert [name for name in loaded if name.startswith(unwanted)] == []


def test_a_portal_and_a_worker_load_nothing_that_reads_or_prints_documents() -> None:
    """What they load at their start, and for a page with a link to a PDF."""
    lines = (
        "import sys; import app.server.portal, app.worker.app; from app.http.exports.pdf_export import is_pdf_available"
    )
    lines += "; is_pdf_available(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", lines], cwd=SOURCE_ROOT, check=True, capture_output=True, text=True)
    loaded = ran.stdout.split()

    assert "app.web.reports.pages" in loaded
    unwanted = ("weasyprint", "pypdfium2", "pikepdf", "docx", "lxml", "PIL", "olefile", "defusedxml")
    assert [name for name in loaded if name.partition(".")[0] in unwanted] == []


def test_nothing_is_opened_unless_network_and_files_are_isolated(tmp_path: Path) -> None:
    alone = OneTask(tmp_path)
    assert alone.run("inspect", make_pdf()).code == 0
    for part in ("network", "files"):
        whole = alone.service.isolation
        alone.service.isolation = whole | {part: IsolationPart(False)}
        assert alone.run("inspect", make_pdf()).outcome is TaskOutcome.NOT_ISOLATED
        alone.service.best_effort = True
        assert alone.run("inspect", make_pdf()).outcome is TaskOutcome.ENDED, "the demo"
        alone.service.best_effort = False
        status = alone.run("status").status
        assert status
        assert status.missing == (part,)
        alone.service.isolation = whole


@pytest.mark.parametrize(
    ("mechanism", "lost"), [("restrict_with_landlock", LandlockRestrictions()), ("deny_calls", False)]
)
def test_a_task_opens_nothing_if_it_was_not_isolated_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mechanism: str, lost: object
) -> None:
    """Whatever was measured when the service started."""
    alone = OneTask(tmp_path)
    monkeypatch.setattr(confinement, mechanism, lambda *_, **__: lost)

    assert alone.run("inspect", make_pdf()).outcome is TaskOutcome.NOT_ISOLATED
    alone.service.best_effort = True
    assert alone.run("inspect", make_pdf()).code == 0


@pytest.mark.parametrize("missing", ["restrict_with_landlock", "deny_calls", "enter_namespaces"])
def test_the_isolation_is_measured_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    lost = {"restrict_with_landlock": LandlockRestrictions(True, True, True), "deny_calls": True}
    monkeypatch.setattr(confinement, missing, lambda *_, **__: lost.get(missing, (True, True)))
    if missing == "deny_calls":
        monkeypatch.setattr(confinement, "enter_namespaces", lambda *_: (True, True))
        monkeypatch.setattr(landlock, "TCP_RIGHTS", 0)

    isolation = measure_isolation(tmp_path, measure_memory(), None)

    expected = {"restrict_with_landlock": "files", "deny_calls": "network"}.get(missing)
    assert [name for name in ("network", "files") if not isolation[name].is_obtained] == [expected] * bool(expected)


def test_what_the_service_has_open_does_not_change_what_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that can open no socket because it has too many would look like one that may open none."""
    monkeypatch.setattr(confinement, "restrict_with_landlock", lambda *_, **__: LandlockRestrictions(True, True, True))
    with ExitStack() as opened:
        for _ in range(TaskLimits().descriptors):
            opened.enter_context(Path(os.devnull).open("rb"))

        isolation = measure_isolation(tmp_path, measure_memory(), None)

    assert (isolation["network"].is_obtained, isolation["files"].is_obtained) == (True, False)


@pytest.mark.parametrize(("number", "succeeds"), [(errno.EACCES, False), (errno.EMFILE, True), (errno.ENOMEM, True)])
def test_only_a_refusal_shows_that_a_task_is_isolated(number: int, succeeds: bool) -> None:
    def attempt() -> None:
        raise OSError(number, os.strerror(number))

    assert _succeeds(attempt) is succeeds


def test_the_limits_of_the_container_bound_the_tasks(tmp_path: Path) -> None:
    assert read_container_limits(tmp_path).memory is None
    (tmp_path / "memory.max").write_text("2147483648\n")
    (tmp_path / "cpu.max").write_text("50000 100000\n")

    bounded = read_container_limits(tmp_path)

    assert (bounded.processors, bounded.slots) == (0.5, 2)
    assert bounded.memory == 2147483648 - RESERVED_MEMORY
    assert bounded.fit_limits(TaskLimits(memory=3 * 2**30)).memory == bounded.memory
    assert bounded.fit_limits(TaskLimits(memory=2**20)).memory == 2**20
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert read_container_limits(tmp_path).memory is None
    assert read_container_limits(tmp_path).processors == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("message", [b"", b"[]", b"{}", b'{"task": "inspect"}', b"\xff", b'{"task": 1, "more": 2}'])
def test_a_message_that_is_none_ends_its_connection_alone(tmp_path: Path, message: bytes) -> None:
    alone = OneTask(tmp_path)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        ours.send(message or b"x")
        alone.service.serve_sockets([theirs])

    assert alone.run("inspect", make_pdf()).code == 0
    assert alone.run("nothing of the kind").outcome is TaskOutcome.UNKNOWN


def test_a_service_that_hangs_is_asked_once_and_its_silence_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "STATUS_SECONDS", 0.3)
    options = FileServiceOptions(str(tmp_path / "socket"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(options.socket_path)
        listening.listen()
        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda _each: client.can_do_task("inspect", options), range(4)))
        answers += [client.can_do_task("inspect", options) for _each in range(4)]
        hanging, _address = listening.accept()
        with hanging:
            hanging.settimeout(0.1)
            message, descriptors, _flags, _from = socket.recv_fds(hanging, 65_536, 8)
            for each in descriptors:
                os.close(each)
            with pytest.raises(TimeoutError):  # nothing else was asked
                hanging.recv(1)

    assert b"status" in message
    assert answers == [False] * 8
