"""The read path as it is served, in two workers: its list next to the least that FastAPI can do, and as it grows."""

import multiprocessing
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, insert, text

from app.core.canonical_json import to_canonical_json
from app.core.db import create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.signing import PublicKey, Signer
from app.domain.releases.models import ReleasedManifest
from app.domain.releases.queries import releases
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.domain.releases.queries.manifests import (
    NO_PREVIOUS_DIGEST,
    build_manifest_statement,
    digest_of_manifest,
    read_slug,
)
from app.domain.releases.queries.releases import Manifest
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from bench.upload import Measured

PORT = 8791
WORKERS = 2
CLIENTS = 4
SECONDS = 4.0
ROUNDS = 3
SIZES = (100, 10_000, 100_000)

FILL = text(
    """
    WITH made AS (
        INSERT INTO release.output
            (id, slug, symbol, kind, body, body_names, meeting, titles, original, adopted_on, adopted_how, addressees,
             released_at)
        SELECT gen_random_uuid(), 'B-' || n, 'B ' || n, (ARRAY['report', 'decision'])[1 + n % 2], 'cwg-internet',
            '{"en": "Council Working Group"}', 30 + n / 100,
            jsonb_build_object('en', 'On the subject of number ' || n, 'fr', 'Du sujet numéro ' || n), 'en',
            date '2000-01-01' + n % 9000, 'meeting', '{membership}',
            timestamptz '2000-01-01' + n % 9000 * interval '1 day'
        FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n RETURNING id
    ), about AS (
        INSERT INTO release.topic (output_id, code, position, names)
        SELECT made.id, code, position, names FROM made JOIN portal.topic ON abs(hashtext(made.id::text)) % 12 + 1 IN
            (position, position + 1)
    )
    INSERT INTO release.file (output_id, language, sha256, size, media, name)
    SELECT id, language, repeat('0', 64), 1000, 'application/pdf', 'x.pdf'
    FROM made CROSS JOIN unnest(ARRAY['ar', 'en', 'es', 'fr', 'ru', 'zh']) language
    """
)


def measure(settings: Settings, engine: Engine, cookie: str, sign: Signer) -> list[Measured]:
    """Requests per second of the list, signed in, out of more and more outputs; and of the bare page alternately."""
    rates: list[float] = []
    ratio, memory, filled = 0.0, 0.0, 0
    for size in SIZES:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(FILL, {"first": filled + 1, "last": size})
        seal(engine, sign)
        filled = size
        with a_read_path(settings) as process:
            page = once(request(cookie))
            until_all_find(
                process, request(cookie, path="/search?q=report")
            )  # its index is made meanwhile, by the same process
            if size == SIZES[0]:
                ratio = ratio_to_bare_page(len(page.partition(b"\r\n\r\n")[2]), cookie)
            rates.append(max(rate(request(cookie)) for _ in range(ROUNDS)))
            memory = max(resident(child) for child in children(process.pid))
    of = f"signed in, {WORKERS} workers, {CLIENTS} clients"
    reading, proving = loading(settings)
    return [
        ("catalogue_loading_s", reading + proving, "s", f"{SIZES[-1]:,} outputs; {proving:.1f} s of it proving them"),
        ("catalogue_rps", rates[0], "1/s", f"list of 20 out of {SIZES[0]}, {of}"),
        (
            "catalogue_ratio",
            ratio,
            "",
            f"beside a constant page of the same size from bare FastAPI; best of {ROUNDS}",
        ),
        ("catalogue_growth", rates[0] / rates[-1], "", f"out of {SIZES[0]:,} beside {SIZES[-1]:,}; {rates[-1]:.0f}/s"),
        ("read_worker_mb", memory, "MB", f"memory of one worker with {SIZES[-1]:,} outputs in it"),
    ]


def seal(engine: Engine, sign: Signer) -> None:
    """Sign what has no manifest yet, as the worker does it one by one."""
    with transaction(write_session_factory(engine)) as session:
        last, sealed = (
            releases.find_last_manifest(session),
            {read_slug(each) for each in releases.list_manifests(session)},
        )
        number, previous = (last.number, digest_of_manifest(last).hex()) if last else (0, NO_PREVIOUS_DIGEST)
        rows = []
        for output in releases.list_entries(session):
            if output.slug in sealed:
                continue
            number += 1
            said = to_canonical_json(
                build_manifest_statement(output, number=number, previous=previous, portal=sign.portal)
            )
            made = Manifest(number, said.decode(), b64encode(sign.sign(said)).decode(), sign.public_key.text)
            previous = digest_of_manifest(made).hex()
            rows.append(
                {
                    "number": number,
                    "statement": made.statement,
                    "signature": made.signature,
                    "public_key": made.public_key,
                }
            )
        session.execute(insert(ReleasedManifest), rows)


def loading(settings: Settings) -> tuple[float, float]:
    """Seconds for reading everything that was released, and for comparing it with its manifests."""
    engine, keys = (
        create_database_engine(str(settings.reader_database_url)),
        tuple(map(PublicKey.parse, settings.read_public_keys)),
    )
    began = time.perf_counter()
    with transaction(read_session_factory(engine)) as session:
        outputs = releases.list_entries(session)
        read = time.perf_counter()
        if len(
            verify_catalogue(
                outputs, releases.list_withdrawn_entries(session), releases.iterate_manifests_backwards(session), keys
            ).outputs
        ) != len(outputs):
            raise RuntimeError("not everything that was filled in is as it was signed")
        proven = time.perf_counter()
    engine.dispose()
    return read - began, proven - read


def ratio_to_bare_page(size: int, cookie: str) -> float:
    """Both alternately, so that both meet the same machine."""
    plain = request("", port=PORT + 1)
    with bare(size):
        pairs = [(rate(request(cookie)), rate(plain, PORT + 1)) for _ in range(ROUNDS)]
    return max(ours for ours, _ in pairs) / max(theirs for _, theirs in pairs)


@contextmanager
def a_read_path(settings: Settings, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """As it is served, with these settings besides."""
    environment = {
        "CWG_DEMO": "true",
        "CWG_READER_DATABASE_URL": str(settings.reader_database_url),
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_READ_URL": f"http://127.0.0.1:{PORT}",
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        "CWG_READ_PUBLIC_KEYS": ",".join(settings.read_public_keys),
        "CWG_READ_SESSION_SECRET": settings.read_session_secret.get_secret_value(),
        "PYTHONPATH": str(PROJECT_ROOT),
    } | more
    command = ["-m", "app", "read", "--port", str(PORT), "--workers", str(WORKERS)]
    with running(command, environment, PORT) as process:
        yield process


@contextmanager
def bare(size: int) -> Iterator[None]:
    summary = {
        "BARE_SIZE": str(size),
        "BARE_PORT": str(PORT + 1),
        "BARE_WORKERS": str(WORKERS),
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    with running(["-m", "bench.bare"], summary, PORT + 1):
        yield


@contextmanager
def running(command: Sequence[str], environment: dict[str, str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A server of several processes, from when it answers."""
    with subprocess.Popen(
        [sys.executable, *command], env=environment, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(300):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield process
        finally:
            process.terminate()
            process.wait(20)


def request(cookie: str, port: int = PORT, path: str = "/outputs") -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Cookie: {cookie}", "Accept-Language: en", "", ""]
    return "\r\n".join(lines).encode()


def until_all_are_ready(process: "subprocess.Popen[bytes]", asked: bytes, port: int = PORT) -> None:
    """Each worker has read its catalogue once it has answered; new connections go to either."""
    began = time.monotonic()
    while time.monotonic() - began < 2 or len(list(children(process.pid))) < WORKERS:
        once(asked, port)


def until_all_find(process: "subprocess.Popen[bytes]", asked: bytes) -> None:
    """Each worker answers once its index is whole; new connections go to either, so many answers in a row are both."""
    in_a_row = 0
    while in_a_row < 40 or len(list(children(process.pid))) < WORKERS:
        try:
            with socket.create_connection(("127.0.0.1", PORT), timeout=600) as line:
                line.sendall(asked)
                whole(line)
            in_a_row += 1
        except RuntimeError:
            in_a_row = 0
            time.sleep(0.5)


def once(asked: bytes, port: int = PORT) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(asked)
        return whole(line)


def whole(line: socket.socket) -> bytes:
    """One answer with a Content-Length. Raises RuntimeError for anything but 200."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += received(line)
    head, _, body = got.partition(b"\r\n\r\n")
    if b" 200 " not in head[:16]:
        raise RuntimeError(head.decode("latin-1"))
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += received(line)
    return head + b"\r\n\r\n" + body


def received(line: socket.socket) -> bytes:
    """What comes next. Raises RuntimeError where nothing comes any more."""
    if part := line.recv(1 << 18):
        return part
    raise RuntimeError("the connection was closed")


def rate(asked: bytes, port: int = PORT) -> float:
    """Answers per second to several clients at once, each on a connection of its own."""
    with multiprocessing.Pool(CLIENTS) as pool:
        return sum(pool.starmap(_again_and_again, [(asked, port)] * CLIENTS, chunksize=1))


def _again_and_again(asked: bytes, port: int) -> float:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        for _ in range(20):
            line.sendall(asked)
            whole(line)
        began, times = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < SECONDS:
            line.sendall(asked)
            whole(line)
            times += 1
        return times / spent


def children(pid: int) -> Iterator[int]:
    """The workers of a process: those of its children that serve."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        child = int(status.parent.name)
        if parent == pid and b"resource_tracker" not in (status.parent / "cmdline").read_bytes():
            yield child


def resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
