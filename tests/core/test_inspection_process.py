"""The process that inspects a file, its limits, and the server that it is forked from."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.errors import Unavailable
from app.core.inspection import InspectionLimits, sandbox
from app.core.inspection.findings_collector import MAX_ELEMENTS
from tests.core.test_inspection import apply_rules, inspect_bytes, list_refusals
from tests.files import make_pdf, repack, with_metadata, with_part
from tests.hostile import EXCESSIVE
from tests.waiting import is_gone, wait_until


def test_a_file_that_takes_too_much_processor_time_is_refused(tmp_path: Path) -> None:
    many = with_part("word/extra.xml", b"<a>" + b"<b/>" * 1_900_000 + b"</a>")

    assert list_refusals(inspect_bytes(tmp_path, many, "a.docx")) == []
    assert list_refusals(inspect_bytes(tmp_path, many, "a.docx", InspectionLimits(cpu_seconds=1))) == [
        "The file takes more time to examine than one file may."
    ]


def test_a_file_is_not_blamed_for_a_busy_machine(tmp_path: Path) -> None:
    """It got less processor time than it may use."""
    with pytest.raises(Unavailable, match="Many files are arriving just now"):
        inspect_bytes(tmp_path, make_pdf(), "a.pdf", InspectionLimits(seconds=0.001))
    assert list_refusals(inspect_bytes(tmp_path, make_pdf(), "a.pdf")) == []


def test_an_inspection_that_needs_too_much_memory_refuses_the_file(tmp_path: Path) -> None:
    big = make_pdf(with_metadata(b" " * (100 * 1024 * 1024) + b"<x/>"))

    assert list_refusals(inspect_bytes(tmp_path, big, "a.pdf")) == ["The document's metadata is too large."]
    assert list_refusals(inspect_bytes(tmp_path, big, "a.pdf", InspectionLimits(memory=150 * 1024 * 1024))) == [
        EXCESSIVE
    ]


def test_the_elements_of_all_parts_are_counted() -> None:
    half = b"<a>" + b"<b/>" * (MAX_ELEMENTS // 2) + b"</a>"
    one = with_part("word/one.xml", half)

    assert list_refusals(apply_rules(one, "a.docx")) == []
    assert list_refusals(apply_rules(repack(one, {"word/two.xml": half}), "a.docx")) == [
        "A part of the document is too large."
    ]


def test_the_server_of_inspections_has_nothing_of_the_portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.stop_inspection_server()
    monkeypatch.setenv("CWG_SIGNING_KEY", "only-for-the-portal")
    secret = (tmp_path / "secret").open("w")
    with secret:
        os.set_inheritable(secret.fileno(), True)
        assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused
        process = Path(f"/proc/{sandbox.get_inspection_server().pid}")
        opened = {str(descriptor.readlink()) for descriptor in (process / "fd").iterdir()}

    assert (process / "environ").read_bytes() == b""
    assert secret.name not in opened
    assert {name.partition(":")[0] for name in opened} == {"/dev/null", "socket", "anon_inode"}


def test_a_server_of_inspections_that_was_killed_is_started_again(tmp_path: Path) -> None:
    assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused
    killed = sandbox.get_inspection_server()
    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: not killed.is_running())

    assert not inspect_bytes(tmp_path, make_pdf(), "a.pdf").is_refused


def test_a_server_of_inspections_ends_with_the_process_that_it_serves(tmp_path: Path) -> None:
    """However that process ends."""
    lines = "import sys; sys.path.insert(0, sys.argv[1]); from app.core.inspection import sandbox"
    lines += "; print(sandbox.get_inspection_server().pid, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", lines, sandbox.SOURCE_ROOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as portal:
        assert portal.stdout
        server = int(portal.stdout.readline())
        assert not is_gone(server)
        portal.kill()
    wait_until(lambda: is_gone(server))
