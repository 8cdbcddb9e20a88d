"""A large upload in pieces to a portal in a process of its own: its speed next to a plain copy, and its memory."""

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

from app.http.csrf import create_form_token
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings

SIZE = 50 * 1024 * 1024
# How long pieces are, as in app/static/uploads.js: the first, the longest, and how many seconds one is to take.
FIRST, MOST, SECONDS = 1024 * 1024, 64 * 1024 * 1024, 4.0
BLOCK = 1024 * 1024
TIMES = 7
PORT = 8790
ORIGIN = f"http://127.0.0.1:{PORT}"
Measured = tuple[str, float, str, str]


def measure(settings: Settings, folder: Path, secret: str, person: UUID, body: UUID) -> list[Measured]:
    """Copy and upload alternately, so that both meet the same machine; medians. Memory is the peak of the process.

    What either wrote is removed before the next turn: blocks and pages that were never touched may cost three times as
    much as those that were given back just now, so both have the same to write to.
    """
    source = folder / "large"
    source.write_bytes(os.urandom(SIZE))
    token = create_form_token(settings.session_secret.get_secret_value(), person)
    headers = {"Cookie": f"cwg_portal={secret}", "Origin": ORIGIN, "X-Form-Token": token}
    copies, uploads = [], []
    with a_portal(settings) as process:
        sent(source, headers, body, SIZE // 16)  # what is loaded on first use does not count
        before = peak(process)
        for _ in range(TIMES):
            copies.append(copied(source, folder / "copy"))
            uploads.append(sent(source, headers, body, SIZE))
            for file in settings.staging_folder.iterdir():
                file.unlink()
        grown = peak(process) - before
    megabytes = SIZE / 2**20
    how = f"{megabytes:.0f} MiB in pieces as the script sends them; {megabytes / median(uploads):.0f} against"
    return [
        (
            "upload_ratio",
            median(copies) / median(uploads),
            "",
            f"{how} {megabytes / median(copies):.0f} MiB/s of a copy with SHA-256 and fsync; median of {TIMES}",
        ),
        ("upload_memory_mb", grown, "MB", f"growth of the peak memory of the portal's process over {TIMES} uploads"),
    ]


@contextmanager
def a_portal(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """The portal as it is served."""
    environment = {
        "CWG_DEMO": "true",
        "CWG_DATABASE_URL": str(settings.database_url),
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_PORTAL_URL": ORIGIN,
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        "CWG_SESSION_SECRET": settings.session_secret.get_secret_value(),
        "CWG_SIGNING_KEY": settings.signing_key.get_secret_value(),
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    command = [sys.executable, "-m", "app", "pages", "--port", str(PORT)]
    with subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                try:
                    asked("GET", "/healthz", {})
                    break
                except OSError:
                    time.sleep(0.1)
            yield process
        finally:
            process.terminate()
            process.wait(20)


def copied(source: Path, target: Path) -> float:
    """Read, hash, write, sync."""
    began, seen = time.perf_counter(), hashlib.sha256()
    with source.open("rb") as given, target.open("wb") as copy:
        while block := given.read(BLOCK):
            seen.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    spent = time.perf_counter() - began
    target.unlink()
    return spent


def sent(source: Path, headers: dict[str, str], body: UUID, size: int) -> float:
    """Announce it and send it, all on one connection; what is sent is thrown away at the end."""
    data = source.read_bytes()[:size]
    line = HTTPConnection("127.0.0.1", PORT)
    method, address = "POST", f"/uploads?{urlencode({'body': body, 'name': 'large.pdf', 'size': size})}"
    spent, at, step, speed = 0.0, 0, FIRST, 0.0
    while at < size:
        piece = data[at : at + step]
        is_last = at > 0 and at + len(piece) == size
        digest = b64encode(hashlib.sha256(data if is_last else piece).digest()).decode()  # the sender's own
        said = {"Content-Type": "application/partial-upload", "Upload-Offset": str(at)}
        began = time.perf_counter()
        answer = answered(line, method, address, headers | said | {field(is_last): f"sha-256=:{digest}:"}, piece)
        took = time.perf_counter() - began
        method, address = "PATCH", answer.get("Location", address)
        spent, at = spent + took, at + len(piece)
        speed = 0.7 * speed + 0.3 * len(piece) / took if speed else len(piece) / took
        step = min(MOST, int(speed * SECONDS))
    answered(line, "DELETE", address, headers)
    line.close()
    return spent


def field(is_last: bool) -> str:
    """In which field a digest is said: with the last piece it is the one of the whole file."""
    return "Repr-Digest" if is_last else "Content-Digest"


def asked(method: str, path: str, headers: dict[str, str]) -> None:
    line = HTTPConnection("127.0.0.1", PORT)
    answered(line, method, path, headers)
    line.close()


def answered(
    line: HTTPConnection, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> dict[str, str]:
    """The fields of the answer. Raises RuntimeError for anything but a success."""
    line.request(method, path, body, headers)
    answer = line.getresponse()
    words = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {words[:500]!r}")
    return {name.title(): value for name, value in answer.getheaders()}


def peak(process: "subprocess.Popen[bytes]") -> float:
    """The most memory that a process has had, in MB (proc(5), VmHWM)."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
