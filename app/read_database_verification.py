"""Compares the read path's database with the portal's, row by row: what is released has to be there, and nothing else.

The databases compute a digest of each row and give them in the order of their keys, so that two rows are in memory at a
time. Replication is a moment behind: a difference counts if it is still there after some seconds.
"""

import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from sqlalchemy import Connection, Engine, NullPool, Row, Table, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.domain.releases.models import ReleaseBase, ReleaseHeartbeat

PATIENCE_SECONDS: Final = 10.0
"""Time that all differences together get to end."""
PAUSE_SECONDS: Final = 0.5
MAX_NAMED: Final = 1000
"""Rows of one table that are named: a database that was never filled would name all."""
ROWS_PER_FETCH: Final = 1000

UNCOMPARED: Final = frozenset({ReleaseHeartbeat.__tablename__})
"""It changes each second, and says how far replication is behind."""

KeyAndDigest = Row[tuple[str, str]]
Differences = Mapping[str, str]
"""What is wrong with a row of the read path's database, by the key of the row as a JSON array."""


def find_read_database_faults(portal_url: str, reader_url: str, *, patience: float = PATIENCE_SECONDS) -> Iterator[str]:
    """Find every row of schema `release` that is in one database only, or not the same in both, and name it with its
    table and key.

    The portal's database is read as a role that may read the schema, the other as the role of the read path. Waits up
    to `patience` seconds for what replication has not brought yet.
    """
    portal, replica = _create_engine(portal_url), _create_engine(reader_url)
    pauses = iter([PAUSE_SECONDS] * round(patience / PAUSE_SECONDS))
    try:
        for table in ReleaseBase.metadata.sorted_tables:
            if table.name in UNCOMPARED:
                continue
            differences = _compare_patiently(portal, replica, table, pauses)
            yield from (f"{table.fullname} {key} {problem}" for key, problem in differences.items())
            if len(differences) == MAX_NAMED:
                yield f"{table.fullname}: no more than {MAX_NAMED} rows are named"
    except DBAPIError as error:
        yield f"it could not be compared: {type(error.orig).__name__}"
    finally:
        portal.dispose()
        replica.dispose()


def _create_engine(url: str) -> Engine:
    """Create an engine whose sessions write instants in one way."""
    return create_engine(url, poolclass=NullPool, connect_args={"options": "-c timezone=UTC", "connect_timeout": 5})


def _compare_patiently(portal: Engine, replica: Engine, table: Table, pauses: Iterator[float]) -> Differences:
    """Compare a table, again after each pause as long as it differs; return what was different each time."""
    differences = _compare_table(portal, replica, table)
    while differences and (seconds := next(pauses, None)):
        time.sleep(seconds)
        now = _compare_table(portal, replica, table)
        is_whole = len(differences) < MAX_NAMED  # else others follow those that have ended
        differences = {key: problem for key, problem in now.items() if not is_whole or key in differences}
    return differences


def _compare_table(portal: Engine, replica: Engine, table: Table) -> Differences:
    """Compare the rows of a table, each side in one snapshot; return the first differences by key."""
    with portal.connect() as here, replica.connect() as there:
        return dict(islice(_merge_rows(_iterate_digests(here, table), _iterate_digests(there, table)), MAX_NAMED))


def _iterate_digests(connection: Connection, table: Table) -> Iterator[KeyAndDigest]:
    """Yield key and digest of each row in the order of the keys' bytes, which no collation of a database changes."""
    keys, columns = (", ".join(f'"{column.name}"' for column in each) for each in (table.primary_key, table.columns))
    statement = f"""
        SELECT jsonb_build_array({keys})::text COLLATE "C" AS key,
            encode(sha256(convert_to(to_jsonb(r)::text, 'UTF8')), 'hex') AS digest
        FROM (SELECT {columns} FROM {table.fullname}) r
        ORDER BY key
    """  # noqa: S608 - names of our own tables
    yield from connection.execute(text(statement).execution_options(yield_per=ROWS_PER_FETCH))


def _merge_rows(portal: Iterator[KeyAndDigest], replica: Iterator[KeyAndDigest]) -> Iterator[tuple[str, str]]:
    """Yield the key of each row that is not in both or not the same, and what is wrong; both are in order."""
    ours, theirs = next(portal, None), next(replica, None)
    while ours or theirs:
        if ours and (theirs is None or ours.key < theirs.key):
            yield ours.key, "is missing in the read path's database"
            ours = next(portal, None)
        elif theirs and (ours is None or theirs.key < ours.key):
            yield theirs.key, "is in the read path's database only"
            theirs = next(replica, None)
        elif ours and theirs:
            if ours.digest != theirs.digest:
                yield ours.key, "is not the same in the read path's database"
            ours, theirs = next(portal, None), next(replica, None)
