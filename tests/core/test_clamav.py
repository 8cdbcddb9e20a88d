"""The virus scanner: a real one with test signatures, and one that is down, slow, or given too large a file."""

import socket
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest

from app.core.clamav import ScanState, VirusScanner
from tests.clamd import TEST_SIGNATURE, TEST_SIGNATURE_NAME, needs_clamd, run_clamd
from tests.files import make_docx, make_pdf


@needs_clamd
def test_a_real_scanner_distinguishes_clean_and_infected_by_socket_and_by_port(tmp_path: Path) -> None:
    clean, marked, inside = tmp_path / "clean.pdf", tmp_path / "marked.pdf", tmp_path / "marked.docx"
    clean.write_bytes(make_pdf())
    marked.write_bytes(make_pdf(title=TEST_SIGNATURE))
    inside.write_bytes(make_docx(TEST_SIGNATURE))
    with run_clamd(tmp_path) as daemon:
        for address in (daemon.socket, daemon.port):
            scanner = VirusScanner(address)
            assert scanner.scan_file(clean).state is ScanState.CLEAN
            assert [scanner.scan_file(path) for path in (marked, inside)] == [scanner.scan_file(marked)] * 2
            assert (scanner.scan_file(marked).state, scanner.scan_file(marked).detail) == (
                ScanState.INFECTED,
                TEST_SIGNATURE_NAME,
            )


@needs_clamd
def test_a_file_larger_than_the_scanner_accepts_is_unchecked(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(3 * 1024 * 1024))
    with run_clamd(tmp_path, largest="1M") as daemon:
        assert VirusScanner(daemon.socket).scan_file(large).state is ScanState.WAITING


def test_a_scanner_that_is_down_or_silent_leaves_files_unchecked(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(make_pdf())
    assert VirusScanner(str(tmp_path / "absent.sock")).scan_file(file).state is ScanState.WAITING
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        assert VirusScanner(address).scan_file(file, timeout=0.3).state is ScanState.WAITING


@pytest.mark.parametrize(
    "answer", [b"", b"stream: Broken ERROR\0", b"INSTREAM size limit exceeded. ERROR\0", b"x" * 9000]
)
def test_an_invalid_answer_is_no_check(tmp_path: Path, answer: bytes) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(make_pdf())
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(60)  # a scanner that never connects is not waited for
        scanner = VirusScanner(f"127.0.0.1:{server.getsockname()[1]}")

        def reply() -> None:
            line, _ = server.accept()
            line.settimeout(60)
            with line, suppress(OSError):  # the scanner may have closed the connection already
                line.sendall(answer)
                line.shutdown(socket.SHUT_WR)
                while line.recv(65536):
                    pass

        thread = Thread(target=reply)
        thread.start()
        verdict = scanner.scan_file(file, timeout=60)
        thread.join(60)
    assert verdict.state is ScanState.WAITING
