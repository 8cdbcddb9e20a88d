"""The worker: runs what was queued, releases once whatever happens, and ends when it is told to."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, select, text

from app.core import clock, journal
from app.core.db import SIGNER_KEY, read_session_factory, transaction, write_session_factory
from app.core.errors import Unavailable
from app.core.files.partial_uploads import PartialUploadStore
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.storage import LocalStore, open_store
from app.domain.outputs.actions import release
from app.domain.outputs.models import Output, OutputFile
from app.domain.releases.actions.release import RELEASE_RETRY_PERIOD
from app.domain.releases.queries import chain_verification, manifests
from app.domain.releases.queries import releases as queries
from app.worker.app import MAX_WORKER_DEATHS, RETRY_SPACING, build_queue, requeue_stalled_jobs
from app.worker.release import (
    OutputNotReleasedError,
    WorkerContext,
    release_due_outputs,
    release_output,
    sign_earlier_releases,
)
from app.worker.subscriptions import queue_jobs
from tests.world import SIGNER, SIGNING_KEY, World

REPOSITORY = Path(__file__).parent.parent.parent
CHILD = "import sys; from app.worker.app import work; from app.settings import Settings; work(Settings(), silence=1.0)"


def a_desk(engine, settings) -> WorkerContext:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return WorkerContext(
        write_session_factory(engine, {SIGNER_KEY: SIGNER}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )


@contextmanager
def a_worker(settings, **given: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        "CWG_DATABASE_URL": settings.database_url,
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_SIGNING_KEY": SIGNING_KEY,
        "PYTHONPATH": str(REPOSITORY),
    } | given
    with subprocess.Popen([sys.executable, "-c", CHILD], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(holds: Callable[[], object]) -> None:
    limit = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < limit, "it did not happen in a minute"
        time.sleep(0.05)


@pytest.fixture
def leaving(world, engine) -> UUID:
    """An output that was let out, as the portal does it."""
    made = world.approved(world.meeting(opens_in=-1))
    actor = world.actor("ines")
    with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
        release.schedule_release(session, actor, session.get_one(Output, made.id))
    return made.id


def one(engine, statement: str) -> object:
    with engine.connect() as connection:
        return connection.scalar(text(statement))


def releases(engine) -> object:
    """How many times it was released, by the journal."""
    return one(engine, "SELECT count(*) FROM portal.journal_line WHERE event = 'output:released'")


def test_the_worker_releases_what_was_let_out_and_ends_when_told(leaving, engine, settings) -> None:
    with a_worker(settings) as process:
        wait_until(lambda: releases(engine) == 1)
        wait_until(lambda: one(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") == 0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    assert one(engine, "SELECT status FROM portal.output") == "released"
    digest = one(engine, "SELECT sha256 FROM release.file")
    assert open_store(settings.release_store_url).exists(digest)


def held_up(engine) -> bool:
    """Whether somebody waits for the lock that the journal is written under."""
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
    )
    return one(engine, waiting) == 1


@contextmanager
def nobody_writes(database) -> Iterator[None]:
    """Whoever commits a line of the journal has to wait until the end of the block."""
    superuser = create_engine(database.superuser, poolclass=NullPool)
    with superuser.connect() as gate:
        gate.execute(text("SET lock_timeout = '30s'"))
        gate.execute(text(f"SELECT pg_advisory_lock({journal.JOURNAL_LOCK})"))
        yield
    superuser.dispose()


def test_told_to_stop_a_worker_finishes_its_job_first(leaving, engine, settings, database) -> None:
    with a_worker(settings) as process:
        with nobody_writes(database):
            wait_until(lambda: held_up(engine))
            process.send_signal(signal.SIGTERM)
            time.sleep(1.5)
            assert process.poll() is None
            alive = "SELECT max(last_heartbeat) > now() - interval '1s' FROM jobs.procrastinate_workers"
            assert one(engine, alive)  # so that no other one takes its job
        assert process.wait(30) == 0

    assert releases(engine) == 1
    assert one(engine, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'doing'") == 0


def test_a_job_that_does_not_end_in_time_is_given_back_and_the_worker_ends_well(
    leaving, engine, settings, database
) -> None:
    with nobody_writes(database), a_worker(settings, CWG_FINISH_SECONDS="1") as process:
        wait_until(lambda: held_up(engine))
        process.send_signal(signal.SIGTERM)

        assert process.wait(15) == 0
        assert one(engine, "SELECT status FROM jobs.procrastinate_jobs WHERE task_name = 'disseminate'") == "todo"
    assert releases(engine) == 0

    with a_worker(settings):
        wait_until(lambda: releases(engine) == 1)


def test_a_worker_killed_in_the_middle_is_followed_by_one_that_releases_once(
    leaving, engine, settings, database
) -> None:
    with nobody_writes(database):
        with a_worker(settings) as process:
            wait_until(lambda: held_up(engine))
            os.kill(process.pid, signal.SIGKILL)
            process.wait(20)
        assert releases(engine) == 0
        assert one(engine, "SELECT status FROM jobs.procrastinate_jobs") == "doing"

    with a_worker(settings):
        wait_until(lambda: one(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") == 0)

    assert releases(engine) == 1
    assert one(engine, "SELECT count(*) FROM release.output") == 1
    with transaction(read_session_factory(engine)) as session:
        assert journal.find_journal_faults(session) == []


def test_the_worker_releases_at_the_instant_that_was_set_and_not_before(world, engine, settings) -> None:
    made = world.approved(world.meeting(opens_in=-1))
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    with a_worker(settings):
        at = reacting.set_for(made, seconds=6).release_at
        wait_until(lambda: releases(engine) == 1)

    assert one(engine, "SELECT released_at FROM release.output") >= at


def test_what_a_lost_job_should_have_released_is_released_once_it_is_looked_for(world, engine, settings) -> None:
    desk, meeting = a_desk(engine, settings), world.meeting(opens_in=-1)
    due, later = world.scheduled(meeting, seconds=2), world.scheduled(meeting, seconds=3600)

    assert release_due_outputs(desk) == 0
    with clock.shifted_clock(timedelta(seconds=10)):
        assert release_due_outputs(desk) == 1

    assert one(engine, "SELECT symbol FROM release.output") == due.symbol
    assert one(engine, f"SELECT status FROM portal.output WHERE id = '{later.id}'") == "scheduled"


def test_the_task_run_twice_releases_once(leaving, engine, settings) -> None:
    desk = a_desk(engine, settings)

    assert release_output(desk, leaving) is True
    assert release_output(desk, leaving) is False

    assert releases(engine) == 1


def test_a_text_that_is_not_the_adopted_one_is_not_released(leaving, engine, settings) -> None:
    desk = a_desk(engine, settings)
    with transaction(desk.write_sessions) as session:
        file = session.get_one(OutputFile, (leaving, "en"))
        file.sha256 = "0" * 64

    with pytest.raises(OutputNotReleasedError):
        release_output(desk, leaving)

    assert one(engine, "SELECT count(*) FROM release.output") == 0
    assert standing(engine) == ("failed", "not-as-adopted")
    with transaction(read_session_factory(engine)) as session:
        line = session.scalars(select(JournalLine).order_by(JournalLine.seq.desc()).limit(1)).one()
    assert (line.event, line.facts) == (
        "output:release-failed",
        {"output": str(leaving), "because": "not-as-adopted"},
    )


def test_a_file_that_is_missing_stops_the_release_for_people_to_see(leaving, engine, settings) -> None:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    desk = WorkerContext(
        write_session_factory(engine, {SIGNER_KEY: SIGNER}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )
    rmtree(settings.store_url.removeprefix("file://"))

    with pytest.raises(OutputNotReleasedError):
        release_output(desk, leaving)

    assert standing(engine) == ("failed", "not-as-adopted")


def test_a_store_that_is_down_delays_a_release_for_a_day_and_then_it_has_failed(leaving, engine, settings) -> None:
    stores = open_store(settings.store_url), Down(settings.release_store_url)
    desk = WorkerContext(
        write_session_factory(engine, {SIGNER_KEY: SIGNER}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )

    with pytest.raises(Unavailable):
        release_output(desk, leaving)
    assert standing(engine) == ("leaving", None)

    with transaction(desk.write_sessions) as session:
        session.get_one(Output, leaving).release_at = clock.now() - RELEASE_RETRY_PERIOD
    with pytest.raises(OutputNotReleasedError):
        release_output(desk, leaving)
    assert standing(engine) == ("failed", "out-of-reach")


def test_what_failed_and_was_mended_is_let_out_again_by_the_worker(leaving, world, engine, settings) -> None:
    with transaction(write_session_factory(engine)) as session:
        good = session.get_one(OutputFile, (leaving, "en")).sha256
        session.get_one(OutputFile, (leaving, "en")).sha256 = "0" * 64
    with a_worker(settings):
        wait_until(lambda: standing(engine)[0] == "failed")
        wait_until(lambda: one(engine, "SELECT status FROM jobs.procrastinate_jobs") == "failed")

        with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
            session.get_one(OutputFile, (leaving, "en")).sha256 = good
            release.schedule_release(session, world.actor("ines"), session.get_one(Output, leaving))
        wait_until(lambda: releases(engine) == 1)

    assert standing(engine) == ("released", None)


def test_what_was_signed_is_named_in_the_journal_and_holds(leaving, engine, settings) -> None:
    release_output(a_desk(engine, settings), leaving)

    with transaction(read_session_factory(engine)) as session:
        facts = session.scalars(select(JournalLine.facts).where(JournalLine.event == "output:released")).one()
        (manifest,) = queries.list_manifests(session)
    assert (facts["number"], facts["manifest"]) == (1, manifests.compute_statement_digest(manifest.statement))
    assert manifests.is_manifest_signed(manifest, SIGNER.public_keys)
    assert "text-en" not in manifest.statement  # how its file was called when it came in


def test_releases_at_once_get_numbers_without_gaps_each_naming_the_one_before(world, engine, settings) -> None:
    desk, meeting = a_desk(engine, settings), world.meeting(opens_in=-1)
    several = [world.leaving(meeting, title=f"Text {number}").id for number in range(4)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda each: release_output(desk, each), several)) == [True] * 4

    with transaction(read_session_factory(engine)) as session:
        rows = queries.list_manifests(session)
        proven = chain_verification.verify_catalogue(
            queries.list_entries(session), queries.list_withdrawn_entries(session), reversed(rows), SIGNER.public_keys
        )
    assert [each.number for each in rows] == [1, 2, 3, 4]
    assert (len(proven.outputs), proven.faults) == (4, [])


def test_nothing_is_added_to_a_catalogue_that_was_altered_and_people_are_told(
    leaving, world, engine, settings, database
) -> None:
    desk = a_desk(engine, settings)
    second = world.leaving(world.meeting(opens_in=-1, number=23))
    release_output(desk, leaving)
    database.run_as_superuser("UPDATE release.manifest SET statement = replace(statement, 'Secret', 'Public')")

    with pytest.raises(OutputNotReleasedError):
        release_output(desk, second.id)

    assert one(engine, f"SELECT failed_because FROM portal.output WHERE id = '{second.id}'") == "catalogue"
    assert one(engine, "SELECT count(*) FROM release.output") == 1


def test_what_was_released_before_there_were_manifests_is_signed_if_it_is_as_adopted(
    world, engine, settings, database
) -> None:
    desk, meeting = a_desk(engine, settings), world.meeting(opens_in=-1)
    good, bad = (world.leaving(meeting, title=title) for title in ("Good", "Bad"))
    for each in (good, bad):
        release_output(desk, each.id)
    database.run_as_superuser(
        f"DELETE FROM release.manifest; UPDATE release.file SET size = 1 WHERE output_id = '{bad.id}'"
    )

    sign_earlier_releases(desk)
    sign_earlier_releases(desk)

    with transaction(read_session_factory(engine)) as session:
        rows = queries.list_manifests(session)
        proven = chain_verification.verify_catalogue(
            queries.list_entries(session), queries.list_withdrawn_entries(session), reversed(rows), SIGNER.public_keys
        )
        events = session.scalars(select(JournalLine.facts["output"].astext).where(JournalLine.event == "output:sealed"))
        assert events.all() == [str(good.id)]
    assert [each.symbol for each in proven.outputs] == [good.symbol]
    assert [(each.kind, each.symbol) for each in proven.faults] == [
        (chain_verification.CatalogueFaultKind.NO_MANIFEST, bad.symbol)
    ]


class Down(LocalStore):
    """A store that does not answer when it should keep something."""

    def __init__(self, url: str) -> None:
        super().__init__(url.removeprefix("file://"))

    def put(self, *_ignored: object) -> None:
        raise Unavailable(_("The file store does not answer."))


def standing(engine) -> tuple[str, str | None]:
    """Where the only output stands, and why its release failed."""
    with engine.connect() as connection:
        return tuple(connection.execute(text("SELECT status, failed_because FROM portal.output")).one())


def test_a_job_that_workers_die_of_goes_behind_the_others_and_is_left_alone_after_three(engine, settings) -> None:
    """As if each worker that took it had been killed; another job, whose worker died beside it, is tried apart."""
    desk, seen = a_desk(engine, settings), []

    async def die_again_and_again() -> None:
        jobs = build_queue(settings, desk)
        async with jobs.open_async():
            for _ignored in range(2):
                await jobs.configure_task("index").defer_async(document="no matter")
            for deaths in range(MAX_WORKER_DEATHS):
                with engine.begin() as connection:
                    dying = "id = (SELECT min(id) FROM jobs.procrastinate_jobs)" if deaths else "true"
                    connection.execute(text(f"UPDATE jobs.procrastinate_jobs SET status = 'doing' WHERE {dying}"))
                await requeue_stalled_jobs(jobs, 1.0)
                with engine.connect() as connection:
                    rows = "SELECT status, priority, scheduled_at FROM jobs.procrastinate_jobs ORDER BY id"
                    seen.append([tuple(row) for row in connection.execute(text(rows))])

    asyncio.run(die_again_and_again())

    (first, second), *_ignored, (last, other) = seen
    assert (first[:2], second[:2]) == (("todo", -1), ("todo", -1))
    assert second[2] - first[2] >= RETRY_SPACING
    assert last[:2] == ("failed", 1 - MAX_WORKER_DEATHS)
    assert other[:2] == ("todo", -1)


STUBBORN = """
import asyncio
from app.worker.graceful_stop import end_within

async def stubborn():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass  # as a pool's attempt to connect may do

async def main():
    stubborn_one = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    {ending}

asyncio.run(main())
"""


def test_whoever_does_not_heed_the_end_does_not_hold_the_process() -> None:
    def run(ending: str) -> int:
        child = [sys.executable, "-c", STUBBORN.format(ending=ending)]
        return subprocess.run(child, cwd=REPOSITORY, timeout=5, check=False).returncode

    with pytest.raises(subprocess.TimeoutExpired):
        run("pass")  # so it is without
    assert run("end_within(0.5, 3)") == 3
