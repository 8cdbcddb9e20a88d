"""Compares the read path's database with the portal's, row by row: what is released has to be there, and nothing else.

The databases compute a digest of each row and give them in the order of their keys, so that two rows are in memory at a
time. Replication is a moment behind: a difference counts if it is still there after some seconds, and if what the
portal's database had committed before has arrived by then, as the worker's sign of life shows.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import Connection, Engine, NullPool, Row, Table, create_engine, make_url, select, text
from sqlalchemy.exc import DBAPIError

from app.core.db import CONNECT_TIMEOUT, TCP_OPTIONS
from app.core.db_timeouts import set_engine_response_timeout
from app.domain.preservation.models import ComparisonOutcome
from app.domain.releases.models import ReleaseBase, ReleaseHeartbeat

PATIENCE_SECONDS: Final = 10.0
"""Time that all differences together get to end."""
PAUSE_SECONDS: Final = 0.5
MAX_NAMED: Final = 1000
"""Rows of one table that are named: a database that was never filled would name all."""
ROWS_PER_FETCH: Final = 1000
RESPONSE_TIMEOUT: Final = 120.0
"""Seconds in which a database begins to answer: it puts all rows of a table in order first."""

UNCOMPARED: Final = frozenset({ReleaseHeartbeat.__tablename__})
"""It changes each second, and says how far replication is behind."""

IS_INCOMPLETE: Final = text(
    """
    SELECT EXISTS (SELECT FROM pg_catalog.pg_subscription_rel WHERE srsubstate <> 'r')
        OR EXISTS (SELECT FROM release.hold)
    """
)
"""Its tables are being copied, or the portal's database was restored and this one is to be rebuilt."""

KeyAndDigest = Row[tuple[str, str]]
Differences = Mapping[str, str]
"""What is wrong with a row of the read path's database, by the key of the row as a JSON array."""


@dataclass(frozen=True, slots=True)
class ReadDatabaseComparison:
    """What the comparison of one read database with the portal's showed.

    `differences` names rows that are not the same; it is empty unless the outcome is DIFFERENT. `cause` is the class of
    the error for which the database could not be read.
    """

    name: str
    outcome: ComparisonOutcome
    differences: tuple[str, ...] = ()
    cause: str = ""

    def list_differences(self) -> list[str]:
        """List the differences, each with the name of the database."""
        return [f"read path ({self.name}): {difference}" for difference in self.differences]

    def describe_obstacle(self) -> str:
        """Describe in one line why the database was not compared; empty if it was."""
        match self.outcome:
            case ComparisonOutcome.BEHIND:
                return f"read path ({self.name}): it was not compared, since it is behind or not complete yet"
            case ComparisonOutcome.UNREADABLE:
                return f"read path ({self.name}): it could not be compared: {self.cause}"
            case _:
                return ""


def compare_read_databases(
    portal_url: str, reader_urls: Sequence[str], *, patience: float = PATIENCE_SECONDS
) -> list[ReadDatabaseComparison]:
    """Compare each read database with the portal's, as `compare_read_database` does."""
    return [compare_read_database(portal_url, url, patience=patience) for url in reader_urls]


def compare_read_database(
    portal_url: str, reader_url: str, *, patience: float = PATIENCE_SECONDS
) -> ReadDatabaseComparison:
    """Find every row of schema `release` that is in one database only, or not the same in both, and name it with its
    table and key.

    The portal's database is read as a role that may read the schema, the other as the role of the read path. Waits up
    to `patience` seconds for what replication has not brought yet.
    """
    name = format_database_name(reader_url)
    portal, replica = _create_engine(portal_url), _create_engine(reader_url)
    try:
        if _is_incomplete(replica):
            return ReadDatabaseComparison(name, ComparisonOutcome.BEHIND)
        begun_at = _find_heartbeat(portal)
        differences = tuple(_find_differences(portal, replica, patience))
        if not differences:
            return ReadDatabaseComparison(name, ComparisonOutcome.SAME)
        if _is_incomplete(replica) or _is_behind(portal, replica, begun_at):
            return ReadDatabaseComparison(name, ComparisonOutcome.BEHIND)
        return ReadDatabaseComparison(name, ComparisonOutcome.DIFFERENT, differences)
    except DBAPIError as error:
        return ReadDatabaseComparison(name, ComparisonOutcome.UNREADABLE, cause=type(error.orig).__name__)
    finally:
        portal.dispose()
        replica.dispose()


def format_database_name(url: str) -> str:
    """Format the address of a database as a name for people: host, port and database, without role and password."""
    address = make_url(url)
    host = ":".join(str(part) for part in (address.host, address.port) if part)
    return "/".join(part for part in (host, address.database or "") if part)


def _create_engine(url: str) -> Engine:
    """Create an engine whose sessions write instants in one way, and do not wait for ever."""
    options = {"options": "-c timezone=UTC", "connect_timeout": CONNECT_TIMEOUT, "application_name": "cwg-comparison"}
    engine = create_engine(url, poolclass=NullPool, connect_args=options | TCP_OPTIONS)
    return set_engine_response_timeout(engine, RESPONSE_TIMEOUT)


def _is_incomplete(replica: Engine) -> bool:
    """Tell whether the read database cannot have everything now."""
    with replica.connect() as connection:
        return bool(connection.scalar(IS_INCOMPLETE))


def _find_heartbeat(database: Engine) -> datetime | None:
    """Find the worker's last sign of life that is in a database."""
    with database.connect() as connection:
        return connection.scalar(select(ReleaseHeartbeat.at))


def _is_behind(portal: Engine, replica: Engine, begun_at: datetime | None) -> bool:
    """Tell whether what was committed before the comparison began may still be on its way: transactions arrive in the
    order of their commits, so it is not once a later sign of life is there. `begun_at` is the last one of then. Without
    a later one in the portal's database no worker runs, and nothing is being released.
    """
    arrived, last = _find_heartbeat(replica), _find_heartbeat(portal)
    if last is None or (last == begun_at and arrived == last):
        return False
    return arrived is None or (begun_at is not None and arrived <= begun_at)


def _find_differences(portal: Engine, replica: Engine, patience: float) -> Iterator[str]:
    """Yield a line for each row that differed during all the time that all tables together get."""
    pauses = iter([PAUSE_SECONDS] * round(patience / PAUSE_SECONDS))
    for table in ReleaseBase.metadata.sorted_tables:
        if table.name in UNCOMPARED:
            continue
        differences = _compare_patiently(portal, replica, table, pauses)
        yield from (f"{table.fullname} {key} {problem}" for key, problem in differences.items())
        if len(differences) == MAX_NAMED:
            yield f"{table.fullname}: no more than {MAX_NAMED} rows are named"


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
    with (
        portal.connect() as here,
        replica.connect() as there,
        closing(_iterate_digests(here, table)) as ours,
        closing(_iterate_digests(there, table)) as theirs,
    ):
        return dict(islice(_merge_rows(ours, theirs), MAX_NAMED))


def _iterate_digests(connection: Connection, table: Table) -> Generator[KeyAndDigest]:
    """Yield key and digest of each row in the order of the keys' bytes, which no collation of a database changes."""
    keys, columns = (", ".join(f'"{column.name}"' for column in each) for each in (table.primary_key, table.columns))
    statement = f"""
        SELECT jsonb_build_array({keys})::text COLLATE "C" AS key,
            encode(sha256(convert_to(to_jsonb(r)::text, 'UTF8')), 'hex') AS digest
        FROM (SELECT {columns} FROM {table.fullname}) r
        ORDER BY key
    """  # noqa: S608 - names of our own tables
    with connection.execute(text(statement).execution_options(yield_per=ROWS_PER_FETCH)) as rows:
        yield from rows


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
