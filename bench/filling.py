"""What the benchmarks write past the portal: recorded as what a migration changes, and waited for on the read path."""

import time

from sqlalchemy import Connection, Engine, text

from app.core import journal
from app.core.db import create_database_engine
from app.domain.preservation.events import RecordMigrated
from app.settings import Settings

ARRIVAL_TIMEOUT = 600.0
"""Seconds in which the read path's database gets what was filled in."""
COUNT = text("SELECT (SELECT number FROM release.version), (SELECT count(*) FROM release.manifest)")


def record_rows(connection: Connection) -> None:
    """Record the rows that were written in this transaction. Called last, since it takes the lock of the journal."""
    journal.write_line(connection, RecordMigrated("bench"))


def wait_until_arrived(engine: Engine, settings: Settings) -> None:
    """Wait until the read path's database has what is released. Raises TimeoutError."""
    with engine.connect() as connection:
        expected = connection.execute(COUNT).one()
    reader = create_database_engine(str(settings.reader_database_url), pool_size=1, application_name="cwg-bench")
    limit = time.monotonic() + ARRIVAL_TIMEOUT
    while True:
        with reader.connect() as connection:
            if connection.execute(COUNT).one() == expected:
                break
        if time.monotonic() > limit:
            raise TimeoutError("the read path's database does not get what was filled in")
        time.sleep(0.05)
    reader.dispose()
