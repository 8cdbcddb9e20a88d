"""Compares the read path's database with the portal's, row by row: what is released has to be there, and nothing else.

The databases compute a digest of each row and give them in the order of their keys, so that two rows are in memory at a
time. Replication is a moment behind: a difference counts if it is still there after some seconds, and once more when
all that the portal's database had committed by then has arrived, as the worker's heartbeat shows.

The operator of a read database decides what it answers. Its rows are read as short texts, and each error is a result.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, cast

from sqlalchemy import Connection, Engine, NullPool, Row, Table, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.core.addresses import format_database_name
from app.core.database.session_settings import IN_UTC
from app.core.db import CONNECT_TIMEOUT, TCP_OPTIONS
from app.core.db_timeouts import set_engine_response_timeout
from app.domain.preservation.models import ComparisonOutcome
from app.domain.releases.models import ReleaseBase, ReleaseHeartbeat

PATIENCE_SECONDS = 10.0
"""Time that all differences together get to end."""
ARRIVAL_PATIENCE: Final = 3
"""How many times as long those that are left wait for what had been committed."""
MAX_SECONDS: Final = 1800.0
"""Time that the comparison of one database may take; then it counts as unreadable."""
PAUSE_SECONDS: Final = 0.5
MAX_NAMED: Final = 1000
"""Rows of one table that are named: a database that was never filled would name all."""
ROWS_PER_FETCH: Final = 1000
RESPONSE_TIMEOUT: Final = 120.0
"""Seconds in which a database begins to answer: it puts all rows of a table in order first."""

UNCOMPARED: Final = frozenset({ReleaseHeartbeat.__tablename__})
"""It changes each second, and says how far replication is behind."""

MAX_KEY_LENGTH: Final = 500
"""Characters of a key; of a longer one, which no table of ours has, the first ones are read, and a digest."""

IS_INCOMPLETE: Final = text(
    """
    SELECT EXISTS (SELECT FROM pg_catalog.pg_subscription_rel WHERE srsubstate <> 'r')
        OR EXISTS (SELECT FROM release.hold)
    """
)
"""Its tables are being copied, or the portal's database was restored and this one is to be rebuilt."""

HEARTBEAT: Final = text("SELECT max(at)::timestamptz FROM release.heartbeat")
"""One value of eight bytes, whatever kind of table it is there."""

KeyAndDigest = Row[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with a row of the read path's database, and the digest of the portal's row; None: it has none."""

    problem: str
    digest: str | None


Differences = Mapping[str, Difference]
"""By the key of the row as a JSON array."""


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


def compare_read_databases(portal_url: str, reader_urls: Sequence[str]) -> list[ReadDatabaseComparison]:
    """Compare each read database with the portal's, as `compare_read_database` does."""
    return [compare_read_database(portal_url, url, patience=PATIENCE_SECONDS) for url in reader_urls]


def compare_read_database(portal_url: str, reader_url: str, *, patience: float) -> ReadDatabaseComparison:
    """Find every row of schema `release` that is in one database only, or not the same in both, and name it with its
    table and key.

    The portal's database is read as a role that may read the schema, the other as the role of the read path. Waits up
    to `patience` seconds for what replication has not brought yet, and if rows differ then, up to three times as long
    for what had been committed. Whatever error there is, UNREADABLE has its class.
    """
    name = format_database_name(reader_url)
    try:
        portal, replica = _create_engine(portal_url), _create_engine(reader_url)
        try:
            outcome, differences = _compare_engines(portal, replica, patience)
        finally:
            portal.dispose()
            replica.dispose()
    except Exception as error:  # one database must not keep the rest of a verification from its end
        cause = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        return ReadDatabaseComparison(name, ComparisonOutcome.UNREADABLE, cause=cause)
    return ReadDatabaseComparison(name, outcome, differences)


def _compare_engines(portal: Engine, replica: Engine, patience: float) -> tuple[ComparisonOutcome, tuple[str, ...]]:
    """Compare the databases; return the outcome and a line for each row that differs."""
    if _is_incomplete(replica):
        return ComparisonOutcome.BEHIND, ()
    ends_at = time.monotonic() + MAX_SECONDS
    if not (seen := _find_differences(portal, replica, patience, ends_at)):
        return ComparisonOutcome.SAME, ()
    if not _await_arrival(portal, replica, patience * ARRIVAL_PATIENCE):
        return ComparisonOutcome.BEHIND, ()
    left = {table: _compare_table(portal, replica, table, ends_at) for table in seen}
    lines = tuple(_describe_differences(seen, left))
    if _is_incomplete(replica):
        return ComparisonOutcome.BEHIND, ()
    if lines:
        return ComparisonOutcome.DIFFERENT, lines
    # What is left was changed in the portal's database a moment ago.
    return ComparisonOutcome.BEHIND if any(left.values()) else ComparisonOutcome.SAME, ()


def _create_engine(url: str) -> Engine:
    """Create an engine whose sessions write instants in one way, and do not wait for ever."""
    options = {"connect_timeout": CONNECT_TIMEOUT, "application_name": "cwg-comparison"}
    engine = create_engine(url, poolclass=NullPool, connect_args=options | TCP_OPTIONS)
    return set_engine_response_timeout(engine, RESPONSE_TIMEOUT, IN_UTC)


def _is_incomplete(replica: Engine) -> bool:
    """Tell whether the read database cannot have everything now."""
    with replica.connect() as connection:
        return bool(connection.scalar(IS_INCOMPLETE))


def _find_heartbeat(database: Engine) -> datetime | None:
    """Find the worker's last heartbeat that is in a database."""
    with database.connect() as connection:
        return cast("datetime | None", connection.scalar(HEARTBEAT))


def _await_arrival(portal: Engine, replica: Engine, patience: float) -> bool:
    """Wait until what the portal's database has committed by now has arrived; False if it has not after `patience`
    seconds.

    Transactions arrive in the order of their commits: all has, once a heartbeat is there that is later than the last
    one of now. If none follows in the portal's database either, no worker runs and nothing is being released: all has,
    if that last one is there.
    """
    last = _find_heartbeat(portal)
    until = time.monotonic() + patience
    while True:
        arrived = _find_heartbeat(replica)
        if arrived is not None and (last is None or arrived > last):
            return True
        if time.monotonic() >= until:
            return arrived == last == _find_heartbeat(portal)
        time.sleep(PAUSE_SECONDS)


def _find_differences(portal: Engine, replica: Engine, patience: float, ends_at: float) -> Mapping[Table, Differences]:
    """Find the rows that differed during all the time that all tables together get, by table."""
    pauses = iter([PAUSE_SECONDS] * round(patience / PAUSE_SECONDS))
    tables = [table for table in ReleaseBase.metadata.sorted_tables if table.name not in UNCOMPARED]
    found = {table: _compare_patiently(portal, replica, table, pauses, ends_at) for table in tables}
    return {table: differences for table, differences in found.items() if differences}


def _describe_differences(seen: Mapping[Table, Differences], left: Mapping[Table, Differences]) -> Iterator[str]:
    """Yield a line for each row that is left of those that were seen. One that the portal's database changed meanwhile
    may not have arrived."""
    for table, differences in left.items():
        counted = {
            key: each
            for key, each in differences.items()
            if (before := seen[table].get(key)) and before.digest == each.digest
        }
        yield from (f"{table.fullname} {key} {each.problem}" for key, each in counted.items())
        if len(counted) == MAX_NAMED:
            yield f"{table.fullname}: no more than {MAX_NAMED} rows are named"


def _compare_patiently(
    portal: Engine, replica: Engine, table: Table, pauses: Iterator[float], ends_at: float
) -> Differences:
    """Compare a table, again after each pause as long as it differs; return what was different each time."""
    differences = _compare_table(portal, replica, table, ends_at)
    while differences and (seconds := next(pauses, None)):
        time.sleep(seconds)
        now = _compare_table(portal, replica, table, ends_at)
        is_whole = len(differences) < MAX_NAMED  # else others follow those that have ended
        differences = {key: each for key, each in now.items() if not is_whole or key in differences}
    return differences


def _compare_table(portal: Engine, replica: Engine, table: Table, ends_at: float) -> Differences:
    """Compare the rows of a table, each side in one snapshot; return the first differences by key. Raises TimeoutError
    if the whole comparison takes too long."""
    if time.monotonic() >= ends_at:
        raise TimeoutError
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
        SELECT CASE WHEN length(key) <= {MAX_KEY_LENGTH} THEN key
            ELSE left(key, {MAX_KEY_LENGTH}) || encode(sha256(convert_to(key, 'UTF8')), 'hex') END COLLATE "C" AS key,
            encode(sha256(convert_to(row, 'UTF8')), 'hex') AS digest
        FROM (
            SELECT jsonb_build_array({keys})::text AS key, to_jsonb(r)::text AS row
            FROM (SELECT {columns} FROM {table.fullname}) r
        ) t
        ORDER BY 1
    """  # noqa: S608 - names of our own tables
    with connection.execute(text(statement).execution_options(yield_per=ROWS_PER_FETCH)) as rows:
        yield from rows


def _merge_rows(portal: Iterator[KeyAndDigest], replica: Iterator[KeyAndDigest]) -> Iterator[tuple[str, Difference]]:
    """Yield the key of each row that is not in both or not the same, and what is wrong; both are in order."""
    ours, theirs = next(portal, None), next(replica, None)
    while ours or theirs:
        if ours and (theirs is None or ours.key < theirs.key):
            yield ours.key, Difference("is missing in the read path's database", ours.digest)
            ours = next(portal, None)
        elif theirs and (ours is None or theirs.key < ours.key):
            yield theirs.key, Difference("is in the read path's database only", None)
            theirs = next(replica, None)
        elif ours and theirs:
            if ours.digest != theirs.digest:
                yield ours.key, Difference("is not the same in the read path's database", ours.digest)
            ours, theirs = next(portal, None), next(replica, None)
