"""What the benchmarks write past the portal: recorded as what a migration changes, and waited for on the read path."""

import time

from sqlalchemy import Connection, Engine, text

from app.core import journal
from app.core.db import create_database_engine
from app.domain.preservation.events import RecordMigrated
from app.settings import Settings

STANDSTILL = 600.0
"""Seconds without anything new in the read path's database after which the rest is not waited for any more."""
COUNT = text("SELECT (SELECT number FROM release.version), (SELECT count(*) FROM release.manifest)")


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
