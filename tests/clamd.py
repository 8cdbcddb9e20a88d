"""A real clamd with two test signatures, on a socket and a port of this machine. Skipped if it is absent."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from app.core.clamav import ScanState, VirusScanner
from tests.http_server import free_port
from tests.waiting import stop_process

CLAMD = Path("/usr/sbin/clamd")
needs_clamd = pytest.mark.skipif(not CLAMD.exists(), reason="clamd is not installed: apt-get install clamav-daemon")
TEST_SIGNATURE = "a mark that only this house calls a virus"
TEST_SIGNATURE_NAME = "House.Test.Mark.UNOFFICIAL"


@dataclass(frozen=True)
class Daemon:
    port: str
    socket: str
    number: int  # the process id


@contextmanager
def run_clamd(folder: Path, *, largest: str = "200M") -> Iterator[Daemon]:
    base, socket, port = folder / "signatures", folder / "clamd.sock", free_port()
    base.mkdir(exist_ok=True)
    (base / "house.ndb").write_text(f"House.Test.Mark:0:*:{TEST_SIGNATURE.encode().hex()}\n")
    settings = folder / "clamd.conf"
    settings.write_text(
        f"Foreground yes\nDatabaseDirectory {base}\nLocalSocket {socket}\nTCPSocket {port}\nTCPAddr 127.0.0.1\n"
        f"StreamMaxLength {largest}\nMaxFileSize 0\nMaxScanSize 0\n"
    )
    quiet = subprocess.DEVNULL
    with subprocess.Popen([CLAMD, "-c", settings], stdout=quiet, stderr=quiet) as process:
        try:
            _wait_until_ready(VirusScanner(str(socket)), settings)
            yield Daemon(f"127.0.0.1:{port}", str(socket), process.pid)
        finally:
            stop_process(process)


def _wait_until_ready(scanner: VirusScanner, any_file: Path) -> None:
    give_up = monotonic() + 60
    while scanner.scan_file(any_file, timeout=5).state is not ScanState.CLEAN:
        if monotonic() > give_up:
            raise RuntimeError("clamd does not answer")
        sleep(0.1)
