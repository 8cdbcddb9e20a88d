"""Observers of releases. They share no line with the portal: one asks a read database by SQL, one a read path by HTTP.

They note what they see, and when; `judgement.py` compares their notes with what the portal finally has. Times are
seconds of the clock of this machine (`time.time`).
"""

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from threading import Event, Thread
from typing import NamedTuple

import httpx2
import psycopg
from psycopg.rows import TupleRow

PAUSE = 0.05
UNRELEASED_TABLES = {"alembic_version", "heartbeat", "hold", "version"}
"""Tables of schema `release` that change without a release."""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'release' ORDER BY 1"
ROWS = """
    SELECT '{table}', md5(line::text), coalesce(line->>'output_id', CASE '{table}' WHEN 'output' THEN line->>'id' END,
        ''), writer FROM (SELECT to_jsonb(t) AS line, xmin::text AS writer FROM release.{table} AS t) AS lines
"""
FINGERPRINT = "(SELECT concat_ws(' ', count(*), sum(xmin::text::bigint)) FROM release.{table})"
"""Of a table: it changes with every row that is written or deleted."""


class ReleaseRow(NamedTuple):
    """A row: its table, the digest of its content, and the output that it names, if it names one."""

    table: str
    digest: str
    output: str


@dataclass(slots=True, eq=False)
class WatchedOutput:
    """An output that is to be released: its address, its files by language, and the instants for which somebody tried
    to schedule it."""

    id: str
    slug: str
    digests: Mapping[str, str]
    instants: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one transaction saw, if it differs from what the one before saw."""

    began: float
    ended: float
    rows: frozenset[ReleaseRow]


@dataclass(frozen=True, slots=True)
class PageLook:
    """One look at an output: `whole`, `unknown` (404), `away` (503, or no answer), or what is wrong with it."""

    slug: str
    began: float
    ended: float
    seen: str


def connect_to_look(address: str) -> psycopg.Connection[TupleRow]:
    """Connect so that each transaction is of one instant, and all times are in UTC."""
    connection = psycopg.connect(address, connect_timeout=5, options="-c timezone=UTC -c statement_timeout=20s")
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


def list_release_tables(connection: psycopg.Connection[TupleRow]) -> list[str]:
    """The tables of which a release writes rows."""
    return [name for (name,) in connection.execute(TABLES) if name not in UNRELEASED_TABLES]


def read_rows(connection: psycopg.Connection[TupleRow], tables: Sequence[str]) -> Iterator[tuple[ReleaseRow, str]]:
    """Every row of a release, with the number of the transaction that wrote it."""
    for table, digest, output, writer in connection.execute(" UNION ALL ".join(ROWS.format(table=t) for t in tables)):
        yield ReleaseRow(table, digest, output), writer


class Observer:
    """Looks again and again, in a thread, from `start` to `stop`. `looks` counts them."""

    def __init__(self) -> None:
        self.looks = 0
        self.stopping = Event()
        self.thread = Thread(target=self.observe, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(60)

    def observe(self) -> None:
        raise NotImplementedError


class DatabaseObserver(Observer):
    """Looks at all rows of a read database, in one transaction each time; connects again when it is cut off.

    `outputs` are those of which it saw a row at its last look.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.snapshots: list[Snapshot] = []
        self.outputs: frozenset[str] = frozenset()
        self._known: dict[ReleaseRow, ReleaseRow] = {}
        self._fingerprint: object = None

    def observe(self) -> None:
        while not self.stopping.is_set():
            with suppress(psycopg.Error), connect_to_look(self.address) as connection:
                tables = list_release_tables(connection)
                connection.rollback()
                while not self.stopping.wait(PAUSE):
                    self._look(connection, tables)
            self.stopping.wait(PAUSE)

    def _look(self, connection: psycopg.Connection[TupleRow], tables: Sequence[str]) -> None:
        began = time.time()
        fingerprint = connection.execute(f"SELECT {', '.join(FINGERPRINT.format(table=t) for t in tables)}").fetchone()
        if fingerprint != self._fingerprint:
            rows = frozenset(self._known.setdefault(row, row) for row, _writer in read_rows(connection, tables))
            self.snapshots.append(Snapshot(began, time.time(), rows))
            self.outputs = frozenset(row.output for row in rows)
            self._fingerprint = fingerprint
        connection.rollback()
        self.looks += 1


class PageObserver(Observer):
    """A reader of a read path: asks for the outputs that are to be released, and downloads the files of those there.

    Those that it has seen whole, and those whose release is not scheduled yet, are asked for at random.
    """

    def __init__(self, url: str, cookie: str, outputs: Sequence[WatchedOutput], seed: int) -> None:
        super().__init__()
        self.url, self.cookie, self.outputs = url, cookie, outputs
        self.notes: list[PageLook] = []
        self.whole: dict[str, float] = {}
        self._chance = random.Random(seed)

    def observe(self) -> None:
        with httpx2.Client(base_url=self.url, headers={"Cookie": self.cookie}, trust_env=False, timeout=20) as client:
            while not self.stopping.wait(2 * PAUSE):
                for output in self._choose():
                    self.look(client, output)

    def _choose(self) -> list[WatchedOutput]:
        """Those on their way, the next one, one at random of the later ones, and one of those that were seen."""
        waiting = [each for each in self.outputs if each.slug not in self.whole]
        later = [each for each in waiting if not each.instants]
        seen = [each for each in self.outputs if each.slug in self.whole]
        chosen = [each for each in waiting if each.instants]
        return [*chosen, *islice(later, 1), *(self._chance.choice(some) for some in (later, seen) if some)]

    def look(self, client: httpx2.Client, output: WatchedOutput) -> None:
        """Ask once and note the answer."""
        began = time.time()
        try:
            seen = _find_fault(client, output) or "whole"
        except httpx2.HTTPError:
            seen = "away"
        ended = time.time()
        self.notes.append(PageLook(output.slug, began, ended, seen))
        self.looks += 1
        if seen == "whole":
            self.whole.setdefault(output.slug, ended)


def _find_fault(client: httpx2.Client, output: WatchedOutput) -> str:
    """Return what an output lacks on its page and in its files; nothing if it is whole. Raises httpx2.HTTPError."""
    address = f"/outputs/{output.slug}"
    page = client.get(address)
    if page.status_code != 200:
        return {404: "unknown", 503: "away"}.get(page.status_code, f"the page says {page.status_code}")
    languages = set(re.findall(rf"{re.escape(address)}/files/([a-z]+)", page.text))
    if languages != set(output.digests):
        return f"the page has the files {sorted(languages)}"
    for language, digest in output.digests.items():
        file = client.get(f"{address}/files/{language}")
        if file.status_code == 503:
            return "away"
        if file.status_code != 200 or sha256(file.content).hexdigest() != digest:
            return f"the file in {language} says {file.status_code}, {len(file.content)} bytes"
    return ""
