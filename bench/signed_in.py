"""Pages for people who signed in, on the wire: their rates relative to bare pages with the same rows and bytes."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
from uuid import UUID

from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from bench.catalogue import run_server
from bench.results import Measured
from bench.upload import PORT, run_portal

WORKERS, CLIENTS, ROUNDS, SECONDS = 2, 4, 3, 3
BARE_PORT = PORT + 9


LATEST_DOCUMENTS = """
    SELECT d.id, d.symbol, d.titles ->> 'en', d.entity, d.kind, d.registered_at, array_agg(v.language)
    FROM (SELECT * FROM portal.document ORDER BY registered_at DESC LIMIT 100) d
    JOIN portal.edition e ON e.document_id = d.id JOIN portal.language_version v ON v.edition_id = e.id
    GROUP BY d.id, d.symbol, d.titles, d.entity, d.kind, d.registered_at ORDER BY d.registered_at DESC
"""
ONE_DOCUMENT = """
    SELECT d.symbol, d.titles ->> 'en', d.entity, d.abstract, e.symbol, v.language, v.name, v.size, r.paragraphs
    FROM portal.document d JOIN portal.edition e ON e.document_id = d.id
    JOIN portal.language_version v ON v.edition_id = e.id JOIN portal.rendition r ON r.sha256 = v.sha256
    WHERE d.id = CAST(:key AS uuid)
"""
MEETINGS = """
    SELECT m.number, m.place ->> 'en', m.opens_on, m.closes_on, b.prefix, b.names ->> 'en'
    FROM portal.meeting m JOIN portal.body b ON b.id = m.body_id ORDER BY m.opens_on DESC LIMIT 20
"""
AGENDA = """
    SELECT i.place, i.label, i.titles ->> 'en', i.depth, d.symbol, d.titles ->> 'en', d.entity
    FROM portal.agenda_release r JOIN portal.released_item i ON i.release_id = r.id
    LEFT JOIN portal.released_allocation a ON a.release_id = r.id AND a.item_id = i.item_id
    LEFT JOIN portal.document d ON d.id = a.document_id
    WHERE r.meeting_id = CAST(:key AS uuid) AND r.is_current ORDER BY i.place
"""


@dataclass(frozen=True, slots=True)
class ComparedPage:
    """A page of the portal, and the statement whose rows a bare page shows instead, about the thing with this key."""

    name: str
    path: str
    statement: str
    key: str = ""


def list_pages(document: UUID, meeting: UUID) -> list[ComparedPage]:
    """List the pages that are compared."""
    return [
        ComparedPage("document_list", "/documents", LATEST_DOCUMENTS),
        ComparedPage("document_page", f"/documents/{document}", ONE_DOCUMENT, str(document)),
        ComparedPage("desk", "/", MEETINGS),
        ComparedPage("agenda_100", f"/meetings/{meeting}/agenda", AGENDA, str(meeting)),
        ComparedPage("small_page", "/meetings", MEETINGS),
    ]


def measure(settings: Settings, owner_url: str, secret: str, document: UUID, meeting: UUID) -> Iterator[Measured]:
    """Measure each page and its bare counterpart alternately on the same machine. Raises RuntimeError without wrk."""
    if not shutil.which("wrk"):
        raise RuntimeError("wrk is not installed: apt-get install wrk")
    cookie, pages = f"cwg_portal={secret}", list_pages(document, meeting)
    with run_portal(settings, WORKERS):
        sizes = {page.name: read_size(page.path, cookie) for page in pages}
        bare = {page.name: (page.statement, {"key": page.key} if page.key else {}, sizes[page.name]) for page in pages}
        environment = {
            "BARE_PAGES": json.dumps(bare),
            "BARE_DATABASE_URL": owner_url,
            "BARE_PORT": str(BARE_PORT),
            "BARE_WORKERS": str(WORKERS),
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        with run_server(["-m", "bench.bare"], environment, BARE_PORT):
            for page in pages:
                yield compare_page(page, cookie, sizes[page.name])


def compare_page(page: ComparedPage, cookie: str, size: int) -> Measured:
    """Return the ratio of the median rates of a page and of its bare counterpart."""
    for port, path in ((PORT, page.path), (BARE_PORT, f"/{page.name}")):  # what is loaded at first does not count
        measure_rate(port, path, cookie, 1)
    pairs = [
        (measure_rate(PORT, page.path, cookie), measure_rate(BARE_PORT, f"/{page.name}", cookie)) for _ in range(ROUNDS)
    ]
    ours, bare = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    how = (
        f"{format_rates(ours)} against {format_rates(bare)} of a bare page with as many rows and {size / 1000:.0f} kB;"
        f" {WORKERS} workers, wrk, {CLIENTS} connections, median of {ROUNDS}"
    )
    return f"{page.name}_ratio", [ours / bare for ours, bare in pairs], "", how


def format_rates(rates: list[float]) -> str:
    """Format the median of some rates with their spread."""
    return f"{median(rates):.0f}/s ({min(rates):.0f} to {max(rates):.0f})"


def measure_rate(port: int, path: str, cookie: str, seconds: int = SECONDS) -> float:
    """Return the answers per second that wrk gets. Raises RuntimeError if one is not a success."""
    printed = subprocess.run(
        [
            *("wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}s", "-H", f"Cookie: {cookie}", "-H", "Accept-Language: en"),
            f"http://127.0.0.1:{port}{path}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    if rate is None or "Non-2xx" in printed:
        raise RuntimeError(f"{path}: {printed}")
    return float(rate[1])


def read_size(path: str, cookie: str) -> int:
    """Return the bytes of a page of the portal. Raises RuntimeError if it is not a page."""
    line = HTTPConnection("127.0.0.1", PORT)
    line.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "en"})
    answer = line.getresponse()
    content = answer.read()
    line.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return len(content)
