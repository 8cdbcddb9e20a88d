"""What kills may leave behind: locks, slots, jobs, workers, temporary files; and a record that does not verify."""

from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.faults.common_steps import owner_address, superuser_address
from tests.faults.installation import Installation
from tests.faults.releases.clusters import ReadPath, TwoClusters
from tests.faults.releases.observers import connect_to_look, list_release_tables, read_rows

VERSION = "SELECT number FROM release.version"
SLOTS = "SELECT slot_name, active, temporary, wal_status FROM pg_replication_slots"
ORIGINS = "SELECT count(*) FROM pg_replication_origin"
SUBSCRIPTIONS = """
    SELECT subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE datname = current_database()
"""
NOT_READY = "SELECT srrelid::regclass::text, srsubstate::text FROM pg_subscription_rel WHERE srsubstate <> 'r'"
LOCKS = """
    SELECT l.pid, l.locktype, l.mode FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
    WHERE NOT l.granted OR l.locktype = 'advisory'
        OR a.state LIKE 'idle in transaction%' AND a.xact_start < clock_timestamp() - interval '10 s'
"""
PREPARED = "SELECT gid FROM pg_prepared_xacts"
JOBS = """
    SELECT task_name, status::text FROM jobs.procrastinate_jobs WHERE status <> 'succeeded' AND queueing_lock IS NULL
"""
"""Without those that the worker queues by the clock."""
STATUSES = "SELECT symbol, status FROM portal.output WHERE id = ANY(%s) AND status <> 'released'"
FILES = "SELECT DISTINCT sha256 FROM release.file"


def find_differences(portal: Installation, path: ReadPath) -> Iterator[str]:
    """Rows that the portal has and this read database has not, or the other way round."""
    with connect_to_look(superuser_address(portal)) as ours, connect_to_look(path.address) as theirs:
        here, there = ({row for row, _writer in read_rows(each, list_release_tables(each))} for each in (ours, theirs))
        if here != there:
            yield f"4: {path.name}: {len(here - there)} rows have not arrived, {len(there - here)} are not the portal's"
        elif ours.execute(VERSION).fetchone() != theirs.execute(VERSION).fetchone():
            yield f"4: {path.name}: the number of the last change is another"


def find_leftovers(clusters: TwoClusters, outputs: list[str]) -> Iterator[str]:
    """What is there after all parts have returned, and should not be. The worker and the read paths have ended."""
    for path in clusters.read_paths:
        yield from find_differences(clusters.portal, path)
        yield from _find_in_read_database(path, len(clusters.read_paths))
    yield from _find_in_portal(clusters, outputs)
    yield from _find_files(clusters.portal)
    if _run_verification(clusters.portal):
        yield f"5: `verify` finds faults: {clusters.portal.logs['verify'].decode()[-2000:]}"


def _find_in_portal(clusters: TwoClusters, outputs: list[str]) -> Iterator[str]:
    with psycopg.connect(superuser_address(clusters.portal)) as connection:
        slots = connection.execute(SLOTS).fetchall()
        if len(slots) != len(clusters.read_paths) or any(not active or brief for _, active, brief, _ in slots):
            yield f"5: slots {slots}"
        for query in (LOCKS, PREPARED, JOBS):
            yield from (f"5: {row}" for row in connection.execute(query))
        for row in connection.execute(STATUSES, [outputs]):
            yield f"4: not released: {row}"


def _find_in_read_database(path: ReadPath, subscriptions: int) -> Iterator[str]:
    with psycopg.connect(path.address) as connection:
        for query in (NOT_READY, LOCKS, PREPARED):
            yield from (f"5: {path.name}: {row}" for row in connection.execute(query))
        if len(names := connection.execute(SUBSCRIPTIONS).fetchall()) != 1:
            yield f"5: {path.name}: subscriptions {names}"
        if connection.execute(ORIGINS).fetchone() != (subscriptions,):
            yield f"5: {path.name}: origins of the replication are left"


def _find_files(portal: Installation) -> Iterator[str]:
    """Files of the release store that no released output has, such as unfinished ones; and those that are missing."""
    with psycopg.connect(owner_address(portal)) as connection:
        wanted = {digest for (digest,) in connection.execute(FILES)}
    store = Path(portal.settings.release_store_url.removeprefix("file://"))
    there = {path.name for path in store.rglob("*") if path.is_file()}
    yield from (f"5: the release store has {name}" for name in sorted(there - wanted))
    yield from (f"5: the release store has not {name}" for name in sorted(wanted - there))


def _run_verification(portal: Installation) -> int:
    """Run `verify`; return its exit code."""
    portal.begin("verify", "verify")
    return portal.running["verify"].wait(300)
