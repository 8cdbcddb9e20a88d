"""What the benchmarks write past the portal: recorded as what a migration changes, and waited for on the read path."""

import json
import time
from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from app.core import journal
from app.core.db import create_database_engine
from app.domain.preservation.events import RecordMigrated
from app.settings import Settings

STANDSTILL = 600.0
"""Seconds without anything new in the read path's database after which the rest is not waited for any more."""
COUNT = text("SELECT (SELECT number FROM release.version), (SELECT count(*) FROM release.manifest)")
OUTPUT = text(
    """
    WITH made AS (
        INSERT INTO release.output
            (id, slug, symbol, kind, body, body_names, meeting, titles, original, adopted_on, adopted_how, addressees,
             released_at)
        VALUES (:id, :slug, :slug, 'report', 'cwg-internet', '{"en": "Council Working Group"}', 30,
            CAST(:titles AS jsonb), 'en', now(), 'meeting', CAST(:addressees AS text[]), now())
        RETURNING id
    )
    INSERT INTO release.file (output_id, language, sha256, size, media, name)
    SELECT id, language, sha256, :size, 'application/pdf', 'report.pdf'
    FROM made CROSS JOIN unnest(CAST(:languages AS text[]), CAST(:digests AS text[])) AS made_file (language, sha256)
    """
)


def insert_output(
    connection: Connection, slug: str, titles: Mapping[str, str], digests: Mapping[str, str], size: int, *readers: str
) -> UUID:
    """Insert an output with a file of this size in each language of `digests`; return its id. It is neither signed nor
    recorded."""
    key = uuid4()
    values = {
        "id": key,
        "slug": slug,
        "titles": json.dumps(titles),
        "addressees": list(readers),
        "size": size,
        "languages": list(digests),
        "digests": list(digests.values()),
    }
    connection.execute(OUTPUT, values)
    return key


def record_rows(connection: Connection) -> None:
    """Record the rows that were written in this transaction. Called last, since it takes the lock of the journal."""
    journal.write_line(connection, RecordMigrated("bench"))


def wait_until_arrived(engine: Engine, settings: Settings) -> None:
    """Wait until the read path's database has what is released, however long it takes. Raises TimeoutError if nothing
    more arrives."""
    with engine.connect() as connection:
        expected = connection.execute(COUNT).one()
    reader = create_database_engine(str(settings.reader_database_url), pool_size=1, application_name="cwg-bench")
    arrived, changed_at = None, time.monotonic()
    while arrived != expected:
        before = arrived
        with reader.connect() as connection:
            arrived = connection.execute(COUNT).one()
        if arrived != before:
            changed_at = time.monotonic()
        elif time.monotonic() > changed_at + STANDSTILL:
            raise TimeoutError("the read path's database does not get what was filled in")
        time.sleep(0.05)
    reader.dispose()
