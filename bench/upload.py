"""A large upload in pieces to a portal in its own process: its speed relative to a plain copy, and its memory."""

import hashlib
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from uuid import UUID

from app.core.signing import SigningPurpose
from app.http.csrf import create_form_token
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from bench.results import Measured
from bench.signing import key_environment

SIZE = 50 * 1024 * 1024
# Lengths of pieces as in app/static/uploads.js: the first, the longest, and the target duration of one in seconds.
FIRST, MOST, SECONDS = 1024 * 1024, 64 * 1024 * 1024, 4.0
BLOCK = 1024 * 1024
TIMES = 7
PORT = 8790
STOP_SECONDS = 60
ORIGIN = f"http://127.0.0.1:{PORT}"


def measure(settings: Settings, folder: Path, secret: str, person: UUID, body: UUID) -> list[Measured]:
    """Measure copies and uploads alternately on the same machine; medians. Memory is the peak of the process.

    Written files are removed before the next round: blocks and pages that were never touched may cost three times as
    much as those freed just before, so both write to the same kind of space.
    """
    source = folder / "large"
    source.write_bytes(os.urandom(SIZE))
    token = create_form_token(settings.session_secret.get_secret_value(), person)
    headers = {"Cookie": f"cwg_portal={secret}", "Origin": ORIGIN, "X-Form-Token": token}
    copies, uploads, staging = [], [], settings.staging_folder
    assert staging
    with run_portal(settings) as process:
        upload_file(source, headers, body, SIZE // 16)  # code loaded on first use does not count
        before = peak_memory(process)
        for _ in range(TIMES):
            copies.append(copy_file(source, folder / "copy"))
            uploads.append(upload_file(source, headers, body, SIZE))
            for file in staging.iterdir():
                file.unlink()
        grown = peak_memory(process) - before
    megabytes = SIZE / 2**20
    how = f"{megabytes:.0f} MiB in pieces as the script sends them; {megabytes / median(uploads):.0f} against"
    return [
        (
            "upload_ratio",
            [copy / upload for copy, upload in zip(copies, uploads, strict=True)],
            "",
            f"{how} {megabytes / median(copies):.0f} MiB/s of a copy with SHA-256 and fsync; median of {TIMES}",
        ),
        ("upload_memory_mb", grown, "MB", f"growth of the peak memory of the portal's process over {TIMES} uploads"),
    ]


@contextmanager
def run_portal(settings: Settings, workers: int = 1) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the portal as a server process with this number of workers."""
    environment = portal_environment(settings, ORIGIN)
    command = [sys.executable, "-m", "app", "pages", "--port", str(PORT), "--workers", str(workers)]
    with subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_portal(process)
            yield process
        finally:
            end_process(process)


def portal_environment(settings: Settings, url: str) -> dict[str, str]:
    """Return the settings of a portal with this public address, as environment variables."""
    return {
        "CWG_DEMO": "true",
        "CWG_DATABASE_URL": str(settings.database_url),
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_PORTAL_URL": url,
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        "CWG_SESSION_SECRET": settings.session_secret.get_secret_value(),
        **key_environment(settings, SigningPurpose.RECEIPTS),
        "PYTHONPATH": str(PROJECT_ROOT),
    }


def wait_for_portal(process: "subprocess.Popen[bytes]") -> None:
    """Wait until the portal answers, however slow the machine. Raises RuntimeError if it ends."""
    while process.poll() is None:
        try:
            send_request("GET", "/healthz", {})
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the portal did not start")


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to end, and kill it if it does not."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def copy_file(source: Path, target: Path) -> float:
    """Read, hash, write and sync a file; return the seconds."""
    start, digest = time.perf_counter(), hashlib.sha256()
    with source.open("rb") as source_file, target.open("wb") as copy:
        while block := source_file.read(BLOCK):
            digest.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    spent = time.perf_counter() - start
    target.unlink()
    return spent


def upload_file(source: Path, headers: dict[str, str], body: UUID, size: int) -> float:
    """Announce and send a file on one connection, then delete the upload; return the seconds."""
    data = source.read_bytes()[:size]
    line = HTTPConnection("127.0.0.1", PORT)
    method, address = "POST", f"/uploads?{urlencode({'body': body, 'name': 'large.pdf', 'size': size})}"
    spent, at, step, speed = 0.0, 0, FIRST, 0.0
    while at < size:
        piece = data[at : at + step]
        is_last = at > 0 and at + len(piece) == size
        digest = b64encode(hashlib.sha256(data if is_last else piece).digest()).decode()  # the sender's own cost
        piece_fields = {"Content-Type": "application/partial-upload", "Upload-Offset": str(at)}
        start = time.perf_counter()
        answer = exchange(
            line, method, address, headers | piece_fields | {digest_field(is_last): f"sha-256=:{digest}:"}, piece
        )
        duration = time.perf_counter() - start
        method, address = "PATCH", answer.get("Location", address)
        spent, at = spent + duration, at + len(piece)
        speed = 0.7 * speed + 0.3 * len(piece) / duration if speed else len(piece) / duration
        step = min(MOST, int(speed * SECONDS))
    exchange(line, "DELETE", address, headers)
    line.close()
    return spent


def digest_field(is_last: bool) -> str:
    """Return the header field of a digest: the last piece has that of the whole file."""
    return "Repr-Digest" if is_last else "Content-Digest"


def send_request(method: str, path: str, headers: dict[str, str]) -> None:
    line = HTTPConnection("127.0.0.1", PORT)
    exchange(line, method, path, headers)
    line.close()


def exchange(
    line: HTTPConnection, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> dict[str, str]:
    """Return the response header fields. Raises RuntimeError for any status but a success."""
    line.request(method, path, body, headers)
    answer = line.getresponse()
    words = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {words[:500]!r}")
    return {name.title(): value for name, value in answer.getheaders()}


def peak_memory(process: "subprocess.Popen[bytes]") -> float:
    """Return the peak resident memory of a process in MB (proc(5), VmHWM)."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
