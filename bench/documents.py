"""Benchmarks of document lists and search over archives of several lengths.

Documents are written straight into the tables, since only their number matters here: every document in English, every
third in French too, every fifth signed by two more States, a text of about 200 words each, out of words of which few
are common and most are rare.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import UUID, uuid4

from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, event, insert, select, text

from app.core.search.tsvector import build_tsvector
from app.domain.bodies.models import Body
from app.domain.documents.models import (
    Document,
    DocumentAccess,
    DocumentSeries,
    Edition,
    EditionStep,
    LanguageVersion,
    Sponsor,
)
from app.domain.files.models import Rendition, RenditionState
from app.domain.identity.models.tables import MemberState, Person
from app.domain.search.models import DocumentText
from bench.filling import record_rows

ARCHIVES = (100, 10_000, 100_000)
ROUNDS = 3
PATTERN = 1_000  # documents that are written one by one; the others are copies of them under other symbols
IN_A_MEETING = 100
FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
QUESTIONS = (
    "word1",
    "word20",
    "word300",
    "word2000",
    "word5 word40",
    '"word3 word1"',
    "word9 -word1",
    "50/8",
    "absent",
)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORDS = [f"word{number}" for number in range(1, 5_001)]
WEIGHTS = [1 / number for number in range(1, 5_001)]  # Zipf: as in any language
# Copies of the pattern as the next documents: the same texts, other keys, symbols and days.
COPY = (
    "CREATE TEMP TABLE copy ON COMMIT DROP AS SELECT d.id AS old, e.id AS old_edition, gen_random_uuid() AS id,"
    " gen_random_uuid() AS edition, :start + row_number() OVER (ORDER BY d.registered_at) - 1 AS n"
    " FROM document d JOIN edition e ON e.document_id = d.id WHERE d.scope LIKE '1____' AND d.scope < '10010'"
    " ORDER BY d.registered_at LIMIT :upto",
    "ALTER TABLE copy ADD scope text, ADD number int, ADD symbol text, ADD at timestamptz",
    "UPDATE copy SET scope = 10000 + n / 100, number = n % 100 + 1,"
    " at = timestamptz '2000-01-01Z' + n * interval '1 hour',"
    " symbol = 'CWG-Internet ' || 10000 + n / 100 || '/' || n % 100 + 1",
    "INSERT INTO document (id, body_id, series_id, scope, number, symbol, kind, entity, original, titles, abstract,"
    " registered_at, revision, access, version, topics, proposals) SELECT c.id, body_id, series_id, c.scope, c.number,"
    " c.symbol, kind, entity, original, titles, abstract, c.at, revision, access, version, topics, proposals"
    " FROM copy c JOIN document d ON d.id = c.old",
    "INSERT INTO edition (id, document_id, step, number, symbol, original, titles, abstract, cover, note, topics,"
    " proposals, registered_at, registered_by) SELECT c.edition, c.id, step, e.number, c.symbol, original, titles,"
    " abstract, cover, note, topics, proposals, c.at, registered_by FROM copy c JOIN edition e ON e.id = c.old_edition",
    "INSERT INTO language_version (edition_id, language, sha256, size, media, name, findings, title, side,"
    " supplied_by, supplied_at) SELECT c.edition, language, sha256, size, media, name, findings, title, side,"
    " supplied_by, c.at"
    " FROM copy c JOIN language_version v ON v.edition_id = c.old_edition",
    "INSERT INTO sponsor (edition_id, entity, signed, person_id, joined_at)"
    " SELECT c.edition, s.entity, signed, person_id, c.at FROM copy c JOIN sponsor s ON s.edition_id = c.old_edition",
    "INSERT INTO document_text (edition_id, language, document_id, words) SELECT c.edition, language, c.id, words"
    " FROM copy c JOIN document_text t ON t.edition_id = c.old_edition",
    "DROP TABLE copy",
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Requests in several rounds: the rates per second, the 99th percentiles in milliseconds, and the database
    statements of each request."""

    rates: Sequence[float]
    p99s: Sequence[float]
    statements: float

    @property
    def rate(self) -> float:
        """The median of the rates."""
        return median(self.rates)

    @property
    def p99(self) -> float:
        """The median of the 99th percentiles."""
        return median(self.p99s)


def time_requests(client: TestClient, engine: Engine, addresses: list[str], seconds: float) -> Timing:
    """Request these URLs in rotation, each at least once in a round."""
    counted = [0]

    def count(*_: object) -> None:
        counted[0] += 1

    for address in addresses[:50]:
        client.get(address).raise_for_status()
    event.listen(engine, "before_cursor_execute", count)
    rounds = [_time_round(client, addresses, seconds / ROUNDS) for _ in range(ROUNDS)]
    event.remove(engine, "before_cursor_execute", count)
    return Timing(
        [len(spent) / sum(spent) for spent in rounds],
        [spent[int(len(spent) * 0.99)] * 1000 for spent in rounds],
        counted[0] / sum(map(len, rounds)),
    )


def _time_round(client: TestClient, addresses: Sequence[str], seconds: float) -> list[float]:
    """Return the seconds of each request, in order of length."""
    spent: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(spent) < len(addresses):
        start = time.perf_counter()
        client.get(addresses[len(spent) % len(addresses)]).raise_for_status()
        spent.append(time.perf_counter() - start)
    return sorted(spent)


def fill_register(owner_url: str, upto: int) -> None:
    """Fill the register to this number of documents of CWG-Internet, and update the statistics of the database."""
    engine = create_engine(owner_url, connect_args={"options": "-c search_path=portal"})
    with engine.begin() as connection:
        body = connection.scalars(select(Body.id).where(Body.code == "cwg-internet")).one()
        series = connection.scalars(
            select(DocumentSeries.id).where(DocumentSeries.body_id == body, DocumentSeries.code == "C")
        ).one()
        states = list(connection.scalars(select(MemberState.code)))
        person = connection.scalars(select(Person.id).limit(1)).one()
        size = connection.scalar(text("SELECT count(*) FROM portal.document WHERE scope LIKE '1____'")) or 0
    with engine.begin() as connection:
        for start in range(size, min(upto, PATTERN), min(ARCHIVES)):
            size = start + min(ARCHIVES)
            _write(connection.execute, body, series, states, person, range(start, size))
        while size < upto:
            batch = min(size, PATTERN, upto - size)
            for statement in COPY:
                connection.execute(text(statement), {"start": size, "upto": batch})
            size += batch
        record_rows(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def create_documents_of_meeting(owner_url: str, meeting: int, upto: int) -> list[UUID]:
    """Create this number of documents in one meeting of CWG-Internet; return their keys in order of number."""
    engine = create_engine(owner_url, connect_args={"options": "-c search_path=portal"})
    with engine.begin() as connection:
        body = connection.scalars(select(Body.id).where(Body.code == "cwg-internet")).one()
        series = connection.scalars(
            select(DocumentSeries.id).where(DocumentSeries.body_id == body, DocumentSeries.code == "C")
        ).one()
        states = list(connection.scalars(select(MemberState.code)))
        person = connection.scalars(select(Person.id).limit(1)).one()
        _write(connection.execute, body, series, states, person, range(upto), str(meeting))
        of_meeting = select(Document.id).where(Document.body_id == body, Document.scope == str(meeting))
        keys = list(connection.scalars(of_meeting.order_by(Document.number)))
        record_rows(connection)
    engine.dispose()
    return keys


def _write(
    execute: Callable[..., object],
    body: UUID,
    series: UUID,
    states: list[str],
    person: UUID,
    numbers: range,
    scope: str | None = None,
) -> None:
    """Write documents with all their dependent rows, over many meetings or in one."""
    chance = random.Random(numbers.start)  # noqa: S311 - the same archive each time
    rows: dict[type, list[dict[str, object]]] = {
        kind: [] for kind in (Document, Edition, LanguageVersion, Sponsor, Rendition, DocumentText)
    }
    for number in numbers:
        place = (scope, number + 1) if scope else (str(10_000 + number // IN_A_MEETING), number % IN_A_MEETING + 1)
        for kind, row in _rows(body, series, states, person, number, place, chance):
            rows[kind].append(row)
    for kind, kind_rows in rows.items():
        execute(insert(kind), kind_rows)


def _rows(
    body: UUID,
    series: UUID,
    states: list[str],
    person: UUID,
    number: int,
    place: tuple[str, int],
    chance: random.Random,
) -> Iterator[tuple[type, dict[str, object]]]:
    scope, within = place
    symbol, registered = f"CWG-Internet {scope}/{within}", FIRST_DAY + timedelta(hours=number)
    document, edition, sha256 = uuid4(), uuid4(), hashlib.sha256(symbol.encode()).hexdigest()
    entity, *others = chance.sample(states, 3)
    paragraphs = [" ".join(chance.choices(WORDS, WEIGHTS, k=60)) for _ in range(3)]
    title = " ".join(chance.choices(WORDS, WEIGHTS, k=8))
    cover = {
        "original": "en",
        "titles": {"en": title, "fr": title},
        "abstract": paragraphs[0],
        "registered_at": registered,
    }
    yield (
        Document,
        {
            "id": document,
            "body_id": body,
            "series_id": series,
            "scope": scope,
            "number": within,
            "symbol": symbol,
            "kind": "contribution",
            "entity": entity,
            "revision": 0,
            "access": DocumentAccess.GROUP,
            **cover,
        },
    )
    yield (
        Edition,
        {
            "id": edition,
            "document_id": document,
            "step": EditionStep.TEXT,
            "number": 0,
            "symbol": symbol,
            "cover": {},
            "note": "",
            "registered_by": person,
            **cover,
        },
    )
    yield (
        Rendition,
        {
            "sha256": sha256,
            "state": RenditionState.READY,
            "asked_at": registered,
            "paragraphs": paragraphs,
        },
    )
    for other in others if number % 5 == 0 else ():
        signed = {"edition_id": edition, "entity": other, "signed": True}
        yield Sponsor, signed | {"person_id": person, "joined_at": registered}
    words = build_tsvector([("A", "en", title), *(("D", "en", each) for each in paragraphs)])
    for language in ("en", "fr") if number % 3 == 0 else ("en",):
        yield (
            LanguageVersion,
            {
                "edition_id": edition,
                "language": language,
                "sha256": sha256,
                "size": 20_000,
                "media": DOCX,
                "name": "a.docx",
                "findings": [],
                "supplied_by": person,
                "supplied_at": registered,
            },
        )
        yield (
            DocumentText,
            {
                "edition_id": edition,
                "language": language,
                "document_id": document,
                "words": words,
            },
        )
