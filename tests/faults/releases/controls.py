"""Controls of the observers: each must see something wrong, else they see nothing.

And one that must not: a read database still has what it has shown, however soon afterwards its server is killed.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
import psycopg

from tests.faults.common_steps import Outcome
from tests.faults.installation import answers
from tests.faults.releases import judgement
from tests.faults.releases.observers import DatabaseObserver, PageObserver, WatchedOutput
from tests.faults.releases.under_kills import ReleaseRun, member_cookie
from tests.waiting import stopped_processes, wait_until

HOUR = 3600.0
COMMITS_WITHOUT_SYNC = 3
"""Outputs for the control that may lose nothing if another process syncs the log in time."""
SPARE = 2 + COMMITS_WITHOUT_SYNC
"""Outputs that the controls need, apart from those of the run."""
PUT_WITHOUT_FILES = """
    INSERT INTO release.output SELECT (jsonb_populate_record(o, jsonb_build_object('id', %s::text, 'slug', %s::text,
        'symbol', %s::text))).* FROM release.output o LIMIT 1
"""


def run_controls(run: ReleaseRun, spare: Sequence[WatchedOutput]) -> Iterator[Outcome]:
    """Run all of them in the installation of a run that is over; they damage it."""
    withheld, kept, *lost = spare
    portal = run.clusters.portal
    portal.kill("worker")
    portal.begin("worker", "work")
    _run_on_read_cluster(run, "ALTER SYSTEM SET wal_writer_delay = '10s'")
    _run_on_read_cluster(run, "SELECT pg_reload_conf()")
    yield Outcome(
        "`kill -9` of the read path's database as soon as it shows a release", True, tuple(kill_at_sight(run, kept))
    )
    yield Outcome("control: a read database that shows what is not on its disk", True, _lose_what_was_shown(run, lost))
    yield Outcome("control: a release without files in a read database", True, _put_without_files(run, withheld))
    yield Outcome("control: a file of a release is gone", True, _remove_file(run, run.outputs[0]))
    yield Outcome("control: releases before their instants", True, _set_instants_later(run))


def _run_on_read_cluster(run: ReleaseRun, statement: str) -> None:
    for path in run.clusters.read_paths:
        with psycopg.connect(path.address, autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement.encode())


def kill_at_sight(run: ReleaseRun, output: WatchedOutput) -> list[str]:
    """Release an output, kill the read path's database as soon as it shows it, and look again before anything can be
    sent again."""
    portal, server = run.clusters.portal_server, run.clusters.read_server
    observer = DatabaseObserver(run.clusters.read_paths[0].address)
    observer.start()
    wait_until(lambda: run.secretariat.try_to_schedule(output, 0.5), "it cannot be scheduled")
    wait_until(lambda: output.id in observer.outputs, "it does not arrive")
    with stopped_processes(portal.processes()):
        server.kill()
        looks = observer.looks
        server.start()
        wait_until(lambda: observer.looks > looks, "the database does not come back")
    wait_until(lambda: output.id in observer.outputs, "it does not arrive again")
    observer.stop()
    record, _instants = run.read_portal(output)
    return [fault.text for fault in judgement.find_snapshot_faults(observer.snapshots, record)]


def _lose_what_was_shown(run: ReleaseRun, outputs: Sequence[WatchedOutput]) -> tuple[str, ...]:
    """The subscriptions do not wait for the disk: what was shown is not there after a kill."""
    _run_on_read_cluster(run, "ALTER SUBSCRIPTION cwg_release SET (synchronous_commit = off)")
    for output in outputs:
        if found := kill_at_sight(run, output):
            return tuple(found)
    return ()


def _put_without_files(run: ReleaseRun, output: WatchedOutput) -> tuple[str, ...]:
    """A row of an output whose instant is in an hour, and nothing else of it."""
    address = run.clusters.read_paths[1].address
    run.secretariat.try_to_schedule(output, HOUR)
    observer = DatabaseObserver(address)
    observer.start()
    wait_until(lambda: observer.looks, "nothing is seen")
    with psycopg.connect(address) as connection:
        connection.execute(PUT_WITHOUT_FILES, [output.id, output.slug, output.slug])
    wait_until(lambda: output.id in observer.outputs, "the row is not seen")
    observer.stop()
    record, _instants = run.read_portal(output)
    return tuple(fault.text for fault in judgement.find_snapshot_faults(observer.snapshots, record))


def _remove_file(run: ReleaseRun, output: WatchedOutput) -> tuple[str, ...]:
    """A released output of which the release store lacks a file: the page of a new process names it, and it is not
    there."""
    path, digest = run.clusters.read_paths[0], output.digests["en"]
    folder = Path(run.clusters.portal.settings.release_store_url.removeprefix("file://"), digest[:2], digest[2:4])
    folder.joinpath(digest).rename(folder / "elsewhere")
    path.installation.kill(path.name)
    path.begin()
    url = path.installation.settings.read_url
    answers(url)
    reader = PageObserver(url, member_cookie(path), [output], 0)
    with httpx2.Client(base_url=url, headers={"Cookie": reader.cookie}, trust_env=False) as client:
        reader.look(client, output)
    folder.joinpath("elsewhere").rename(folder / digest)
    return tuple(fault.text for fault in judgement.find_page_faults(reader.notes, {output.slug: 0.0}, []))


def _set_instants_later(run: ReleaseRun) -> tuple[str, ...]:
    """The notes of the run, compared with instants an hour later: each observer has to have seen something early."""
    record, instants = run.read_portal()
    later = judgement.PortalRecord(record.writers, {output: at + HOUR for output, at in record.instants.items()})
    found = []
    for database, reader in zip(run.databases, run.readers, strict=True):
        seen = [
            list(judgement.find_snapshot_faults(database.snapshots, later)),
            list(judgement.find_page_faults(reader.notes, {slug: at + HOUR for slug, at in instants.items()}, [0.0])),
        ]
        if not all(any(fault.text.startswith("1") for fault in faults) for faults in seen):
            return ()
        found += [f"1: {len(faults)} times" for faults in seen]
    return tuple(found)
