"""An output of six languages, released at an instant to a hundred thousand readers: who carries how many of them.

One process of the read path, nginx in front of it, and a static copy on a plain web server, with members who are signed
in and with the public. Nginx keeps no answer of the read path: every cache asks again before it uses one, so that a
withdrawal takes effect at once (`app/dissemination/cache_headers.py`), and what members alone read is in no cache.
"""

import asyncio
import hashlib
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import Engine

from app.core.db import SIGNERS_KEY, transaction, write_session_factory
from app.core.i18n import LANGUAGES
from app.core.signing import SigningPurpose
from app.core.storage import open_store
from app.domain.releases.actions.manifest_signing import LockedCatalogues
from app.domain.releases.queries.releases import find_entries_by_audience
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from bench.catalogue import PORT, run_read_path
from bench.filling import STANDSTILL, insert_output, record_rows
from bench.front import run_front
from bench.open_loop import time_arrivals
from bench.processor_time import used_seconds
from bench.results import Measured
from bench.signing import SIGNERS, key_environment

FRONT, PLAIN = PORT + 40, PORT + 41
READERS = 100_000
MINUTES = (1, 5, 15)
FILE_SIZE = 200_000
ROUNDS, SECONDS, CLIENTS = 3, 3, 16
SHARES = (50, 80)
"""Per cent of what a process carries at which the time of a page is measured."""
SLUG = "SIX-LANGUAGES"
PAGE, FILE = f"/outputs/{SLUG}", f"/outputs/{SLUG}/files/en"
STATIC = (
    "server {{ listen 127.0.0.1:{port}; root {folder}; types {{ text/html html; }} access_log off; sendfile on;"
    " tcp_nopush on; open_file_cache max=1000; keepalive_requests 1000000; }}"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked again and again: a path at a port, by readers with these cookies, in six languages; `pid` is the
    process whose time it costs."""

    name: str
    port: int
    path: str
    pid: int
    cookies: Sequence[str] = ("",)

    def build_requests(self) -> list[bytes]:
        """Build a request of each reader, in one of the six languages."""
        return [
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookie}\r\n"
            f"Accept-Language: {LANGUAGES[number % len(LANGUAGES)]}\r\n\r\n".encode()
            for number, cookie in enumerate(list(self.cookies) * len(LANGUAGES))
        ]


def measure(settings: Settings, engine: Engine, folder: Path, cookies: Sequence[str]) -> Iterator[Measured]:
    """Release the output while the read path serves, then measure each way. Raises RuntimeError without wrk."""
    if not shutil.which("wrk"):
        raise RuntimeError("wrk is not installed: apt-get install wrk")
    (folder / "copy").mkdir()
    with (
        run_read_path(
            settings, workers=1, CWG_READ_URL=f"http://127.0.0.1:{FRONT}", CWG_FILES_FRONT="/_files"
        ) as read_path,
        run_front(settings, folder, FRONT, more=STATIC.format(port=PLAIN, folder=folder / "copy")) as nginx,
    ):
        yield release_at_an_instant(settings, engine)
        costs = {}
        for asked in (
            Asked("members_page", FRONT, PAGE, read_path.pid, cookies),
            Asked("public_page", FRONT, PAGE, read_path.pid),
            Asked("members_file", FRONT, FILE, read_path.pid, cookies),
        ):
            costs[asked.name], figures = measure_carried(asked, folder)
            yield from figures
        write_static_copy(settings, folder / "copy")
        page = next((folder / "copy" / "en").rglob(f"*{SLUG}*")).relative_to(folder / "copy")
        file = next(each for each in (folder / "copy" / "files").rglob("*") if each.stat().st_size == FILE_SIZE)
        for asked in (
            Asked("static_page", PLAIN, f"/{page}", nginx),
            Asked("static_file", PLAIN, f"/{file.relative_to(folder / 'copy')}", nginx),
        ):
            costs[asked.name], figures = measure_carried(asked, folder, is_open=False)
            yield from figures
    yield from tell_plan(costs)


def release_at_an_instant(settings: Settings, engine: Engine) -> Measured:
    """Release the output; return the milliseconds from the commit of its signature until the page is there."""
    store, digests = open_store(settings.release_store_url), dict[str, str]()
    for language in LANGUAGES:
        source = Path(settings.release_store_url.removeprefix("file://")).with_name(f"six-{language}.pdf")
        source.write_bytes(os.urandom(FILE_SIZE))
        digests[language] = hashlib.sha256(source.read_bytes()).hexdigest()
        store.put(source, digests[language])
    titles = {language: f"Six languages, {language}" for language in LANGUAGES}
    with transaction(write_session_factory(engine, {SIGNERS_KEY: SIGNERS})) as session:
        key = insert_output(session.connection(), SLUG, titles, digests, FILE_SIZE, "membership", "public")
        LockedCatalogues(session).sign_output(find_entries_by_audience(session, key))
        record_rows(session.connection())
    released, until = time.perf_counter(), time.monotonic() + STANDSTILL
    while asyncio.run(read_status(PAGE)) != 200:
        if time.monotonic() > until:
            raise TimeoutError("the read path does not show what was released")
        time.sleep(0.01)
    waited = (time.perf_counter() - released) * 1000
    return "release_visible_ms", waited, "ms", "from the commit of the release until the public page is there"


async def read_status(path: str) -> int:
    """Return the status of a page of the read path, as the public asks for it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", FRONT)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{FRONT}\r\nConnection: close\r\n\r\n".encode())
    first = await reader.readline()
    writer.close()
    return int(first.split(b" ")[1])


def measure_carried(asked: Asked, folder: Path, *, is_open: bool = True) -> tuple[float, list[Measured]]:
    """Return the processor seconds of an answer, and the figures: rate, cost, 99th percentiles at shares of it."""
    script = folder / f"{asked.name}.lua"
    script.write_text(build_script(asked))
    measure_rate(asked, script, 1)  # what is loaded at first does not count
    rounds = [measure_rate(asked, script) for _ in range(ROUNDS)]
    rates, costs = [rate for rate, _ in rounds], [cost for _, cost in rounds]
    carried = median(rates)
    of = f"{asked.path} with {len(asked.cookies)} sessions in six languages"
    figures: list[Measured] = [
        (f"{asked.name}_rps", rates, "1/s", f"{of}, wrk, {CLIENTS} connections that ask as fast as they are answered"),
        (f"{asked.name}_cpu_ms", [cost * 1000 for cost in costs], "ms", "of a processor for each of these answers"),
    ]
    for share in SHARES if is_open else ():
        times = [
            asyncio.run(time_arrivals(asked.port, asked.build_requests(), carried * share / 100, SECONDS))
            for _ in range(ROUNDS)
        ]
        how = f"99th percentile at {carried * share / 100:.0f}/s, {share} % of what is carried; open loop"
        p99s = [each[int(len(each) * 0.99)] for each in times]
        figures.append((f"{asked.name}_p99_at_{share}_ms", p99s, "ms", how))
    return median(costs), figures


def build_script(asked: Asked) -> str:
    """Write for wrk that readers ask in rotation."""
    cookies = ", ".join(f'"{cookie}"' for cookie in asked.cookies)
    languages = ", ".join(f'"{language}"' for language in LANGUAGES)
    return (
        f"cookies, languages, turn = {{{cookies}}}, {{{languages}}}, 0\n"
        "request = function()\n"
        "  turn = turn + 1\n"
        '  return wrk.format("GET", nil, {["Cookie"] = cookies[turn % #cookies + 1],'
        ' ["Accept-Language"] = languages[turn % #languages + 1]})\n'
        "end\n"
    )


def measure_rate(asked: Asked, script: Path, seconds: int = SECONDS) -> tuple[float, float]:
    """Return the answers per second that wrk gets, and the processor seconds of each. Raises RuntimeError if one is not
    a success."""
    address, before = f"http://127.0.0.1:{asked.port}{asked.path}", used_seconds([asked.pid])
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "60s", "-s", str(script), address]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, answers = re.search(r"Requests/sec:\s+([\d.]+)", printed), re.search(r"(\d+) requests in", printed)
    if rate is None or answers is None or "Non-2xx" in printed:
        raise RuntimeError(f"{asked.path}: {printed}")
    return float(rate[1]), (used_seconds([asked.pid]) - before) / max(1, int(answers[1]))


def write_static_copy(settings: Settings, folder: Path) -> None:
    """Write the static copy of what the public reads."""
    environment = {
        "CWG_DEMO": "true",
        "CWG_READER_DATABASE_URL": str(settings.reader_database_url),
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_READ_URL": settings.read_url,
        "CWG_PORTAL_URL": settings.portal_url,
        **key_environment(settings, SigningPurpose.RELEASES),
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    command = [sys.executable, "-m", "app", "copy", "--public", str(folder)]
    subprocess.run(command, env=environment, cwd=PROJECT_ROOT, check=True, capture_output=True)


def tell_plan(costs: dict[str, float]) -> Iterator[Measured]:
    """Yield how many processes carry all readers, computed: each looks at the page and takes one file."""
    for minutes in MINUTES:
        visits = READERS / (minutes * 60)
        busy = visits * (costs["members_page"] + costs["members_file"])
        copies = visits * (costs["static_page"] + costs["static_file"])
        how = (
            f"processes of the read path for {READERS:,} members in {minutes} minutes, each with a processor that is"
            f" busy half of the time; computed: {visits:.0f} visits a second of a page and a file,"
            f" {visits * FILE_SIZE * 8 / 1e6:.0f} Mbit/s of files; the static copy for as many keeps"
            f" {copies:.2f} processors of nginx busy"
        )
        yield f"readers_in_{minutes}_min_processes", float(math.ceil(busy / 0.5)), "", how
