"""The worker: runs what was queued, releases once whatever happens, and ends when it is told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, text

from app.core import journal
from app.core.db import readers, transaction, writers
from app.core.staging import Staging
from app.core.store import open_store
from app.domain.outputs import actions
from app.domain.outputs.models import Output, OutputFile
from app.domain.releases.actions import NotAsAdopted
from app.jobs.disseminate import Desk, disseminate
from app.jobs.reactions import react

REPOSITORY = Path(__file__).parent.parent.parent
CHILD = "import sys; from app.jobs.worker import work; from app.settings import Settings; work(Settings(), silence=1.0)"


def a_desk(engine, settings) -> Desk:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return Desk(writers(engine), *stores, Staging(settings.staging_folder), None)


@contextmanager
def a_worker(settings) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        "CWG_DATABASE_URL": settings.database_url,
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "PYTHONPATH": str(REPOSITORY),
    }
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
    with transaction(writers(engine, {"react": react})) as session:
        actions.let_out(session, actor, session.get_one(Output, made.id))
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
    assert open_store(settings.release_store_url).has(digest)


def test_a_worker_killed_in_the_middle_is_followed_by_one_that_releases_once(
    leaving, engine, settings, database
) -> None:
    superuser = create_engine(database.superuser, poolclass=NullPool)
    with superuser.connect() as gate:
        gate.execute(text(f"SELECT pg_advisory_lock({journal.LOCK})"))  # nobody commits a line of the journal
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        with a_worker(settings) as process:
            wait_until(lambda: one(engine, waiting) == 1)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert releases(engine) == 0
        assert one(engine, "SELECT status FROM jobs.procrastinate_jobs") == "doing"
    superuser.dispose()

    with a_worker(settings):
        wait_until(lambda: one(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") == 0)

    assert releases(engine) == 1
    assert one(engine, "SELECT count(*) FROM release.output") == 1
    with transaction(readers(engine)) as session:
        assert journal.faults(session) == []


def test_the_task_run_twice_releases_once(leaving, engine, settings) -> None:
    desk = a_desk(engine, settings)

    assert disseminate(desk, leaving) is True
    assert disseminate(desk, leaving) is False

    assert releases(engine) == 1


def test_a_text_that_is_not_the_adopted_one_is_not_released(leaving, engine, settings) -> None:
    desk = a_desk(engine, settings)
    with transaction(desk.write) as session:
        file = session.get_one(OutputFile, (leaving, "en"))
        file.sha256 = "0" * 64

    with pytest.raises(NotAsAdopted):
        disseminate(desk, leaving)

    assert one(engine, "SELECT count(*) FROM release.output") == 0
