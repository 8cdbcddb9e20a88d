"""The worker: runs queued jobs, releases exactly once, and stops on request."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, select, text

from app.core import clock, journal
from app.core.db import SIGNERS_KEY, read_session_factory, transaction, write_session_factory
from app.core.errors import Unavailable
from app.core.files.partial_uploads import PartialUploadStore
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.locks import AdvisoryLock
from app.core.storage import LocalStore, open_store
from app.domain.outputs.actions import release, withdrawal
from app.domain.outputs.models import Output, OutputFile
from app.domain.releases.actions.release import RELEASE_RETRY_PERIOD
from app.domain.releases.queries import chain_verification, manifests, releases, stored_manifests
from app.worker.app import MAX_WORKER_DEATHS, RETRY_SPACING, build_queue, requeue_stalled_jobs
from app.worker.release import (
    OutputNotReleasedError,
    OutputNotWithdrawnError,
    WorkerContext,
    release_due_outputs,
    release_output,
    sign_earlier_releases,
    withdraw_decided_outputs,
    withdraw_output,
)
from app.worker.subscriptions import queue_jobs
from tests.forked import ForkedProcess
from tests.waiting import kill_all, stop_process, wait_until
from tests.worker import impatient_worker
from tests.world import RELEASE_SIGNER, WORKER_SIGNERS, World, get_worker_engine, key_environment, record_rows

REPOSITORY = Path(__file__).parent.parent.parent


def make_worker_context(engine, settings) -> WorkerContext:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return WorkerContext(
        write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: WORKER_SIGNERS}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )


@contextmanager
def run_worker(settings, **overrides: str) -> Iterator[ForkedProcess]:
    environment = {
        "CWG_WORKER_DATABASE_URL": settings.worker_database_url,
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        **key_environment("release_key", "ledger_key"),
        "PYTHONPATH": str(REPOSITORY),
    } | overrides
    process = ForkedProcess([], environment, REPOSITORY, os.devnull, main=impatient_worker.main)
    try:
        yield process
    finally:
        kill_all(process)


@pytest.fixture
def scheduled_output(world, engine) -> UUID:
    """An output scheduled for release, as the portal does it."""
    output = world.approved(world.meeting(opens_in=-1))
    actor = world.actor("ines")
    with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
        release.schedule_release(session, actor, session.get_one(Output, output.id))
    return output.id


def fetch_value(engine, statement: str) -> object:
    with engine.connect() as connection:
        return connection.scalar(text(statement))


def count_releases(engine) -> object:
    """Count the releases in the journal."""
    return fetch_value(engine, "SELECT count(*) FROM portal.journal_line WHERE event = 'output:released'")


def test_the_worker_releases_a_scheduled_output_and_stops_on_request(scheduled_output, engine, settings) -> None:
    with run_worker(settings) as process:
        wait_until(lambda: count_releases(engine) == 1)
        wait_until(lambda: fetch_value(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") == 0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    assert fetch_value(engine, "SELECT status FROM portal.output") == "released"
    digest = fetch_value(engine, "SELECT sha256 FROM release.file")
    assert open_store(settings.release_store_url).exists(digest)


def is_commit_waiting(engine) -> bool:
    """Whether a process waits for the lock under which the journal is written."""
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
    )
    return fetch_value(engine, waiting) == 1


@contextmanager
def hold_journal_lock(database) -> Iterator[None]:
    """Hold the journal lock: every commit of a journal line waits until the end of the block."""
    superuser = create_engine(database.superuser, poolclass=NullPool)
    with superuser.connect() as holder:
        holder.execute(text("SET lock_timeout = '30s'"))
        holder.execute(text(f"SELECT pg_advisory_lock({AdvisoryLock.JOURNAL:d})"))
        yield
    superuser.dispose()


def test_a_stopping_worker_finishes_its_job_first(scheduled_output, engine, settings, database) -> None:
    with run_worker(settings) as process:
        with hold_journal_lock(database):
            wait_until(lambda: is_commit_waiting(engine))
            process.send_signal(signal.SIGTERM)
            stopped_at = fetch_value(engine, "SELECT clock_timestamp()")
            last = "SELECT max(last_heartbeat) FROM jobs.procrastinate_workers"
            # It still says that it is alive, so that no other worker takes its job.
            wait_until(lambda: fetch_value(engine, last) > stopped_at + timedelta(seconds=1.5))
            assert process.poll() is None
        assert process.wait(60) == 0

    assert count_releases(engine) == 1
    assert fetch_value(engine, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'doing'") == 0


def test_a_job_that_does_not_end_in_time_is_requeued_and_the_worker_exits_cleanly(
    scheduled_output, engine, settings, database
) -> None:
    with hold_journal_lock(database), run_worker(settings, CWG_FINISH_SECONDS="1") as process:
        wait_until(lambda: is_commit_waiting(engine))
        process.send_signal(signal.SIGTERM)

        assert process.wait(60) == 0
        assert (
            fetch_value(engine, "SELECT status FROM jobs.procrastinate_jobs WHERE task_name = 'disseminate'") == "todo"
        )
    assert count_releases(engine) == 0

    with run_worker(settings):
        wait_until(lambda: count_releases(engine) == 1)


def test_the_successor_of_a_killed_worker_releases_once(scheduled_output, engine, settings, database) -> None:
    with hold_journal_lock(database):
        with run_worker(settings) as process:
            wait_until(lambda: is_commit_waiting(engine))
            os.kill(process.pid, signal.SIGKILL)
            process.wait(60)
        assert count_releases(engine) == 0
        status = "SELECT status FROM jobs.procrastinate_jobs WHERE task_name = 'disseminate'"
        assert fetch_value(engine, status) == "doing"

    with run_worker(settings):
        wait_until(lambda: fetch_value(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") == 0)

    assert count_releases(engine) == 1
    assert fetch_value(engine, "SELECT count(*) FROM release.output") == 1
    with transaction(read_session_factory(engine)) as session:
        assert journal.find_journal_faults(session) == []


def test_the_worker_releases_at_the_scheduled_instant_and_not_before(world, engine, settings) -> None:
    output = world.approved(world.meeting(opens_in=-1))
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    with run_worker(settings):
        at = reacting.set_for(output, seconds=6).release_at
        wait_until(lambda: count_releases(engine) == 1)

    assert fetch_value(engine, "SELECT released_at FROM release.output") >= at


def test_the_release_of_a_lost_job_is_done_by_the_periodic_job(world, engine, settings) -> None:
    context, meeting = make_worker_context(engine, settings), world.meeting(opens_in=-1)
    due, later = world.scheduled(meeting, seconds=600), world.scheduled(meeting, seconds=3600)

    assert release_due_outputs(context) == 0
    with clock.shifted_clock(timedelta(seconds=700)):
        assert release_due_outputs(context) == 1

    assert fetch_value(engine, "SELECT symbol FROM release.output") == due.symbol
    assert fetch_value(engine, f"SELECT status FROM portal.output WHERE id = '{later.id}'") == "scheduled"


def count_withdrawals(engine) -> object:
    """Count the withdrawals in the journal."""
    return fetch_value(engine, "SELECT count(*) FROM portal.journal_line WHERE event = 'output:withdrawn'")


def test_the_worker_withdraws_an_output_once_it_is_decided(world, engine, settings) -> None:
    output = world.released(world.meeting(opens_in=-1), open_store(settings.release_store_url))
    world.to_be_withdrawn(output)
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    with run_worker(settings):
        reacting.decide_withdrawal(output)
        wait_until(lambda: count_withdrawals(engine) == 1)

    assert get_output_status(engine) == ("withdrawn", None)
    assert fetch_value(engine, "SELECT count(*) FROM release.output") == 0
    assert fetch_value(engine, "SELECT symbol FROM release.withdrawal") == output.symbol


def test_a_withdrawal_whose_job_was_lost_is_done_by_the_periodic_job(world, engine, settings) -> None:
    output = world.released(world.meeting(opens_in=-1), open_store(settings.release_store_url))
    context = make_worker_context(engine, settings)
    assert withdraw_decided_outputs(context) == 0
    world.to_be_withdrawn(output)
    world.decide_withdrawal(output)

    assert withdraw_decided_outputs(context) == 1
    assert withdraw_decided_outputs(context) == 0
    assert count_withdrawals(engine) == 1


def test_a_withdrawal_that_fails_is_on_record_and_not_tried_again_by_itself(world, engine, settings, database) -> None:
    output = world.released(world.meeting(opens_in=-1), open_store(settings.release_store_url))
    context, kind = make_worker_context(engine, settings), output.kind
    world.to_be_withdrawn(output)
    world.decide_withdrawal(output)
    database.run_as_superuser("UPDATE release.output SET kind = 'decision'")

    with pytest.raises(OutputNotWithdrawnError):
        withdraw_output(context, output.id)

    assert get_output_status(engine) == ("withdrawing", "catalogue")
    assert fetch_value(engine, "SELECT count(*) FROM release.output") == 1
    assert withdraw_decided_outputs(context) == 0
    database.run_as_superuser(f"UPDATE release.output SET kind = '{kind}'")
    with world.acting("ines") as (session, actor):
        withdrawal.retry_withdrawal(session, actor, session.get_one(Output, output.id))
    assert withdraw_decided_outputs(context) == 1
    assert get_output_status(engine) == ("withdrawn", None)
    events = "SELECT array_agg(event ORDER BY seq) FROM portal.journal_line WHERE event LIKE 'output:withdraw%'"
    assert fetch_value(engine, events) == [
        "output:withdrawal-proposed",
        "output:withdrawal-confirmed",
        "output:withdrawal-failed",
        "output:withdrawal-retried",
        "output:withdrawn",
    ]


def test_the_task_run_twice_releases_once(scheduled_output, engine, settings) -> None:
    context = make_worker_context(engine, settings)

    assert release_output(context, scheduled_output) is True
    assert release_output(context, scheduled_output) is False

    assert count_releases(engine) == 1


def test_a_text_that_is_not_the_adopted_one_is_not_released(scheduled_output, engine, settings) -> None:
    context = make_worker_context(engine, settings)
    with transaction(context.write_sessions) as session:
        record_rows(session)
        file = session.get_one(OutputFile, (scheduled_output, "en"))
        file.sha256 = "0" * 64

    with pytest.raises(OutputNotReleasedError):
        release_output(context, scheduled_output)

    assert fetch_value(engine, "SELECT count(*) FROM release.output") == 0
    assert get_output_status(engine) == ("failed", "not-as-adopted")
    with transaction(read_session_factory(engine)) as session:
        line = session.scalars(select(JournalLine).order_by(JournalLine.seq.desc()).limit(1)).one()
    assert (line.event, line.facts) == (
        "output:release-failed",
        {"output": str(scheduled_output), "because": "not-as-adopted"},
    )


def test_a_missing_file_fails_the_release_visibly(scheduled_output, engine, settings) -> None:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    context = WorkerContext(
        write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: WORKER_SIGNERS}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )
    rmtree(settings.store_url.removeprefix("file://"))

    with pytest.raises(OutputNotReleasedError):
        release_output(context, scheduled_output)

    assert get_output_status(engine) == ("failed", "not-as-adopted")


def test_an_unavailable_store_delays_a_release_for_a_day_and_then_fails_it(scheduled_output, engine, settings) -> None:
    stores = open_store(settings.store_url), UnavailableStore(settings.release_store_url)
    context = WorkerContext(
        write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: WORKER_SIGNERS}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )

    with pytest.raises(Unavailable):
        release_output(context, scheduled_output)
    assert get_output_status(engine) == ("leaving", None)

    with transaction(context.write_sessions) as session:
        record_rows(session)
        session.get_one(Output, scheduled_output).release_at = clock.now() - RELEASE_RETRY_PERIOD
    with pytest.raises(OutputNotReleasedError):
        release_output(context, scheduled_output)
    assert get_output_status(engine) == ("failed", "out-of-reach")


def test_a_failed_release_is_repeated_by_the_worker_after_repair(scheduled_output, world, engine, settings) -> None:
    with transaction(write_session_factory(engine)) as session:
        record_rows(session)
        good = session.get_one(OutputFile, (scheduled_output, "en")).sha256
        session.get_one(OutputFile, (scheduled_output, "en")).sha256 = "0" * 64
    with run_worker(settings):
        wait_until(lambda: get_output_status(engine)[0] == "failed")
        wait_until(lambda: fetch_value(engine, "SELECT status FROM jobs.procrastinate_jobs") == "failed")

        with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
            session.get_one(OutputFile, (scheduled_output, "en")).sha256 = good
            release.schedule_release(session, world.actor("ines"), session.get_one(Output, scheduled_output))
        wait_until(lambda: count_releases(engine) == 1)

    assert get_output_status(engine) == ("released", None)


def test_a_signed_manifest_is_named_in_the_journal_and_valid(scheduled_output, engine, settings) -> None:
    release_output(make_worker_context(engine, settings), scheduled_output)

    with transaction(read_session_factory(engine)) as session:
        facts = session.scalars(select(JournalLine.facts).where(JournalLine.event == "output:released")).one()
        (manifest,) = stored_manifests.list_manifests(session)
    assert (facts["number"], facts["manifest"]) == (1, manifests.compute_statement_digest(manifest.statement))
    assert manifests.has_valid_signature(manifest, RELEASE_SIGNER.public_keys)
    assert "text-en" not in manifest.statement  # the original name of its file


def test_concurrent_releases_get_numbers_without_gaps_each_naming_the_previous_one(world, engine, settings) -> None:
    context, meeting = make_worker_context(engine, settings), world.meeting(opens_in=-1)
    output_ids = [world.leaving(meeting, title=f"Text {number}").id for number in range(4)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda each: release_output(context, each), output_ids)) == [True] * 4

    with transaction(read_session_factory(engine)) as session:
        rows = stored_manifests.list_manifests(session)
        proven = chain_verification.verify_catalogue(
            releases.list_entries(session),
            releases.list_withdrawn_entries(session),
            reversed(rows),
            RELEASE_SIGNER.public_keys,
        )
    assert [each.number for each in rows] == [1, 2, 3, 4]
    assert (len(proven.outputs), proven.faults) == (4, [])


def test_nothing_is_added_to_an_altered_catalogue_and_the_failure_is_shown(
    scheduled_output, world, engine, settings, database
) -> None:
    context = make_worker_context(engine, settings)
    second = world.leaving(world.meeting(opens_in=-1, number=23))
    release_output(context, scheduled_output)
    database.run_as_superuser("UPDATE release.manifest SET statement = replace(statement, 'Secret', 'Public')")

    with pytest.raises(OutputNotReleasedError):
        release_output(context, second.id)

    assert fetch_value(engine, f"SELECT failed_because FROM portal.output WHERE id = '{second.id}'") == "catalogue"
    assert fetch_value(engine, "SELECT count(*) FROM release.output") == 1


def test_a_release_without_manifest_is_signed_if_it_is_as_adopted(world, engine, settings, database) -> None:
    context, meeting = make_worker_context(engine, settings), world.meeting(opens_in=-1)
    good, bad = (world.leaving(meeting, title=title) for title in ("Good", "Bad"))
    for each in (good, bad):
        release_output(context, each.id)
    database.run_as_superuser(
        f"DELETE FROM release.manifest; UPDATE release.file SET size = 1 WHERE output_id = '{bad.id}'"
    )

    sign_earlier_releases(context)
    sign_earlier_releases(context)

    with transaction(read_session_factory(engine)) as session:
        rows = stored_manifests.list_manifests(session)
        proven = chain_verification.verify_catalogue(
            releases.list_entries(session),
            releases.list_withdrawn_entries(session),
            reversed(rows),
            RELEASE_SIGNER.public_keys,
        )
        events = session.scalars(select(JournalLine.facts["output"].astext).where(JournalLine.event == "output:sealed"))
        assert events.all() == [str(good.id)]
    assert [each.symbol for each in proven.outputs] == [good.symbol]
    assert [(each.kind, each.symbol) for each in proven.faults] == [
        (chain_verification.CatalogueFaultKind.NO_MANIFEST, bad.symbol)
    ]


class UnavailableStore(LocalStore):
    """A store that does not answer when a file is to be stored."""

    def __init__(self, url: str) -> None:
        super().__init__(url.removeprefix("file://"))

    def put(self, *_ignored: object) -> None:
        raise Unavailable(_("The file store does not answer."))


def get_output_status(engine) -> tuple[str, str | None]:
    """Return the status of the only output, and the reason why its release failed."""
    with engine.connect() as connection:
        return tuple(connection.execute(text("SELECT status, failed_because FROM portal.output")).one())


def test_a_job_that_kills_workers_is_moved_back_and_abandoned_after_three_attempts(engine, settings) -> None:
    """As if each worker that took it had been killed; another job, whose worker died at that time, is tried apart."""
    context, seen = make_worker_context(engine, settings), []

    async def kill_repeatedly() -> None:
        jobs = build_queue(settings, context)
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

    asyncio.run(kill_repeatedly())

    (first, second), *_ignored, (last, other) = seen
    assert (first[:2], second[:2]) == (("todo", -1), ("todo", -1))
    assert second[2] - first[2] >= RETRY_SPACING
    assert last[:2] == ("failed", 1 - MAX_WORKER_DEATHS)
    assert other[:2] == ("todo", -1)


STUBBORN = """
import asyncio
from app.worker.graceful_stop import exit_within

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


def test_a_coroutine_that_ignores_the_stop_does_not_block_the_process() -> None:
    def run(ending: str, seconds: float) -> int:
        child = [sys.executable, "-c", STUBBORN.format(ending=ending)]
        return subprocess.run(child, cwd=REPOSITORY, timeout=seconds, check=False).returncode

    with pytest.raises(subprocess.TimeoutExpired):
        run("pass", 5)  # the process hangs without it
    assert run("exit_within(0.5, 3)", 60) == 3


STOPPED_WHILE_CONNECTING = """
import asyncio, signal, sys
from app.worker import app

class ConnectingQueue:
    async def open_async(self):
        self.stubborn = asyncio.create_task(self.connect())
        print("connecting", flush=True)
        await asyncio.sleep(60)

    async def connect(self):
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                pass  # as the attempt of a pool to connect may do

app.EXIT_GRACE_SECONDS = 0.5
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
asyncio.run(app._run_jobs(ConnectingQueue(), None, (), None, 1.0, 1.0, (), None))
"""


def test_a_worker_that_is_stopped_while_its_queue_connects_ends() -> None:
    command = [sys.executable, "-c", STOPPED_WHILE_CONNECTING]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"connecting\n"
        assert stop_process(process) == 0
