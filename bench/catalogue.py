"""The read path in two workers: its list compared with a minimal FastAPI page, and with growing content."""

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
from app.core.signing import Signer, SigningPurpose
from app.domain.releases.models import MembersManifest
from app.domain.releases.queries import releases, stored_manifests
from app.domain.releases.queries.catalogue_entries import Manifest
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.domain.releases.queries.manifests import (
    NO_PREVIOUS_DIGEST,
    build_manifest_statement,
    digest_of_manifest,
    read_slug,
)
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from bench.filling import record_rows, wait_until_arrived
from bench.results import Measured
from bench.signing import key_environment
from bench.upload import end_process

PORT = 8791
WORKERS = 2
CLIENTS = 4
SECONDS = 4.0
ROUNDS = 3
SIZES = (100, 10_000, 100_000)
PORTION = 10_000
"""Outputs of one transaction: the rows of more take longer to record than an answer of the database is waited for."""

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
    """Measure requests per second of the list, signed in, with growing content, alternating with the minimal page."""
    rates: list[float] = []
    ratios, memory, filled = list[float](), 0.0, 0
    for size in SIZES:
        for first in range(filled + 1, size + 1, PORTION):
            with engine.begin() as connection:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(FILL, {"first": first, "last": min(size, first + PORTION - 1)})
                record_rows(connection)
        sign_manifests(engine, sign)
        wait_until_arrived(engine, settings)
        filled = size
        with run_read_path(settings) as process:
            page = send_once(build_request(cookie))
            if b"Bench" not in page:
                raise RuntimeError("the reader is not signed in")
            wait_until_all_are_indexed(
                process, build_request(cookie, path="/search?q=report")
            )  # its index is built meanwhile by the same process
            if size == SIZES[0]:
                ratios = compare_with_bare_page(len(page.partition(b"\r\n\r\n")[2]), cookie)
            rates.append(max(measure_rate(build_request(cookie)) for _ in range(ROUNDS)))
            memory = max(resident_megabytes(child) for child in list_workers(process.pid))
    of = f"signed in, {WORKERS} workers, {CLIENTS} clients"
    reading, proving = measure_loading(settings)
    return [
        ("catalogue_loading_s", reading + proving, "s", f"{SIZES[-1]:,} outputs; {proving:.1f} s of it proving them"),
        ("catalogue_rps", rates[0], "1/s", f"list of 20 out of {SIZES[0]}, {of}"),
        (
            "catalogue_ratio",
            ratios,
            "",
            f"beside a constant page of the same size from bare FastAPI; median of {ROUNDS}",
        ),
        ("catalogue_growth", rates[0] / rates[-1], "", f"out of {SIZES[0]:,} beside {SIZES[-1]:,}; {rates[-1]:.0f}/s"),
        ("read_worker_mb", memory, "MB", f"memory of one worker with {SIZES[-1]:,} outputs in it"),
    ]


def sign_manifests(engine: Engine, sign: Signer) -> None:
    """Sign every output without a manifest, as the worker does one by one."""
    factory = write_session_factory(engine)
    with transaction(factory) as session:
        last, sealed = (
            stored_manifests.find_last_manifest(session),
            {read_slug(each) for each in stored_manifests.list_manifests(session)},
        )
        number, previous = (last.number, digest_of_manifest(last).hex()) if last else (0, NO_PREVIOUS_DIGEST)
        rows = []
        for output in releases.list_entries(session):
            if output.slug in sealed:
                continue
            number += 1
            content = to_canonical_json(
                build_manifest_statement(output, number=number, previous=previous, portal=sign.portal)
            )
            manifest = Manifest(number, content.decode(), b64encode(sign.sign(content)).decode(), sign.public_key.text)
            previous = digest_of_manifest(manifest).hex()
            rows.append(
                {
                    "number": number,
                    "statement": manifest.statement,
                    "signature": manifest.signature,
                    "public_key": manifest.public_key,
                }
            )
    for at in range(0, len(rows), PORTION):
        with transaction(factory) as session:
            session.execute(insert(MembersManifest), rows[at : at + PORTION])
            record_rows(session.connection())


def measure_loading(settings: Settings) -> tuple[float, float]:
    """Return the seconds for reading all released outputs, and for comparing them with their manifests."""
    engine, keys = (
        create_database_engine(str(settings.reader_database_url)),
        settings.get_public_keys(SigningPurpose.RELEASES),
    )
    start = time.perf_counter()
    with transaction(read_session_factory(engine)) as session:
        outputs = releases.list_entries(session)
        loaded = time.perf_counter()
        if len(
            verify_catalogue(
                outputs,
                releases.list_withdrawn_entries(session),
                stored_manifests.iterate_manifests_backwards(session),
                keys,
            ).outputs
        ) != len(outputs):
            raise RuntimeError("not everything that was filled in is as it was signed")
        verified = time.perf_counter()
    engine.dispose()
    return loaded - start, verified - loaded


def compare_with_bare_page(size: int, cookie: str) -> list[float]:
    """Return the ratios of both rates, measured alternately on the same machine."""
    plain = build_request("", port=PORT + 1)
    with run_bare_page(size):
        pairs = [(measure_rate(build_request(cookie)), measure_rate(plain, PORT + 1)) for _ in range(ROUNDS)]
    return [ours / bare for ours, bare in pairs]


@contextmanager
def run_read_path(settings: Settings, workers: int = WORKERS, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the read path with these settings and overrides."""
    environment = {
        "CWG_DEMO": "true",
        "CWG_READER_DATABASE_URL": str(settings.reader_database_url),
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_READ_URL": f"http://127.0.0.1:{PORT}",
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        **key_environment(settings),
        "CWG_READ_SESSION_SECRET": settings.read_session_secret.get_secret_value(),
        "PYTHONPATH": str(PROJECT_ROOT),
    } | more
    command = ["-m", "app", "read", "--port", str(PORT), "--workers", str(workers)]
    with run_server(command, environment, PORT) as process:
        yield process


@contextmanager
def run_bare_page(size: int) -> Iterator[None]:
    environment = {
        "BARE_SIZE": str(size),
        "BARE_PORT": str(PORT + 1),
        "BARE_WORKERS": str(WORKERS),
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    with run_server(["-m", "bench.bare"], environment, PORT + 1):
        yield


@contextmanager
def run_server(command: Sequence[str], environment: dict[str, str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server of several processes; yield once it accepts connections."""
    with subprocess.Popen(
        [sys.executable, *command], env=environment, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until_listening(process, port)
            yield process
        finally:
            end_process(process)


def wait_until_listening(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until a server accepts connections, however slow the machine. Raises RuntimeError if it ends."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server of port {port} did not start")


def build_request(cookie: str, port: int = PORT, path: str = "/outputs") -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Cookie: {cookie}", "Accept-Language: en", "", ""]
    return "\r\n".join(lines).encode()


def wait_until_all_are_ready(process: "subprocess.Popen[bytes]", payload: bytes, port: int = PORT) -> None:
    """Wait until each worker has loaded its catalogue; new connections go to either."""
    start = time.monotonic()
    while time.monotonic() - start < 2 or len(list(list_workers(process.pid))) < WORKERS:
        send_once(payload, port)


def wait_until_all_are_indexed(process: "subprocess.Popen[bytes]", payload: bytes) -> None:
    """Wait until each worker has its whole index; new connections go to either, so many answers in a row mean both."""
    in_a_row = 0
    while in_a_row < 40 or len(list(list_workers(process.pid))) < WORKERS:
        try:
            with socket.create_connection(("127.0.0.1", PORT), timeout=600) as line:
                line.sendall(payload)
                read_response(line)
            in_a_row += 1
        except RuntimeError:
            in_a_row = 0
            time.sleep(0.5)


def send_once(payload: bytes, port: int = PORT) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(payload)
        return read_response(line)


def read_response(line: socket.socket) -> bytes:
    """Read one response with a Content-Length. Raises RuntimeError for any status but 200."""
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        buffer += receive_part(line)
    head, _, body = buffer.partition(b"\r\n\r\n")
    if b" 200 " not in head[:16]:
        raise RuntimeError(head.decode("latin-1"))
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += receive_part(line)
    return head + b"\r\n\r\n" + body


def receive_part(line: socket.socket) -> bytes:
    """Read the next bytes. Raises RuntimeError at the end of the connection."""
    if part := line.recv(1 << 18):
        return part
    raise RuntimeError("the connection was closed")


def measure_rate(payload: bytes, port: int = PORT) -> float:
    """Return responses per second over several clients, each on its own connection."""
    with multiprocessing.Pool(CLIENTS) as pool:
        return sum(pool.starmap(_send_repeatedly, [(payload, port)] * CLIENTS, chunksize=1))


def _send_repeatedly(payload: bytes, port: int) -> float:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        for _ in range(20):
            line.sendall(payload)
            read_response(line)
        start, times = time.perf_counter(), 0
        while (spent := time.perf_counter() - start) < SECONDS:
            line.sendall(payload)
            read_response(line)
            times += 1
        return times / spent


def list_workers(pid: int) -> Iterator[int]:
    """Yield the worker processes of a process: its children that serve."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        child = int(status.parent.name)
        if parent == pid and b"resource_tracker" not in (status.parent / "cmdline").read_bytes():
            yield child


def resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
