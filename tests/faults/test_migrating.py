"""A migration is killed at several points and run again: the schema is the same as without the kills."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from time import monotonic, sleep

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, make_url, text

from app.cli.migrate import alembic_config, migrate
from app.core.locks import AdvisoryLock
from app.server.database_urls import PORTAL_SETTINGS, PROJECT_ROOT
from app.settings import Settings
from tests.conftest import Database
from tests.faults.installation import environment
from tests.forked import ForkedProcess
from tests.waiting import time_limit

STEPS = [step.revision for step in ScriptDirectory.from_config(alembic_config()).walk_revisions()][::-1]
SLOW = """
    CREATE FUNCTION public.wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.version_num = '{following}' THEN PERFORM pg_sleep(3); END IF; RETURN NEW; END $$;
    CREATE TRIGGER wait_for_test BEFORE UPDATE ON portal.alembic_version
        FOR EACH ROW EXECUTE FUNCTION public.wait_for_test()
"""
SCHEMA = """
    SELECT n.nspname || '.' || c.relname, c.relkind::text, a.attname, format_type(a.atttypid, a.atttypmod),
        a.attnotnull, c.relacl::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname IN ('portal', 'release', 'jobs') ORDER BY 1, 2, a.attnum
"""


def addresses(database: Database) -> tuple[str, str, str, str]:
    return database.owner, database.portal, database.worker, database.reader


def empty_database(new_database: Callable[..., Database]) -> Database:
    database = new_database()
    migrate(*addresses(database), revision="base")
    return database


def start_migration(database: Database, settings: Settings) -> ForkedProcess:
    ours = settings.model_copy(update=dict(zip(PORTAL_SETTINGS, addresses(database), strict=True)))
    return ForkedProcess(["migrate"], environment(ours), PROJECT_ROOT, os.devnull)


def connect(database: Database) -> psycopg.Connection:
    url = make_url(database.superuser)
    return psycopg.connect(host=url.query["host"], dbname=url.database, user=url.username, autocommit=True)


def step_of(database: Database) -> str | None:
    with connect(database) as asked, suppress(psycopg.errors.UndefinedTable):
        row = asked.execute("SELECT max(version_num) FROM portal.alembic_version").fetchone()
        return row and row[0]


def schema(database: Database) -> list[tuple[object, ...]]:
    with connect(database) as asked:
        return asked.execute(SCHEMA).fetchall()


def migration_servers(database: Database) -> list[int]:
    """The server processes of the migrations of this database that run now."""
    with connect(database) as asked:
        held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s AND database ="
        mine = " (SELECT oid FROM pg_database WHERE datname = current_database())"
        return [row[0] for row in asked.execute(held + mine, [AdvisoryLock.MIGRATION.value]).fetchall()]


@contextmanager
def slow_after(database: Database, step: str) -> Iterator[None]:
    """Let the migration take three seconds for what follows this step, so that it is seen there on a busy machine too.

    Without the table of versions, which the first step creates, nothing is done: there most of the steps follow.
    """
    following = STEPS[STEPS.index(step) + 1]
    with connect(database) as root:
        table = root.execute("SELECT to_regclass('portal.alembic_version')").fetchone()
        if table == (None,):
            yield
            return
        root.execute(SLOW.format(following=following))
        yield
        root.execute("DROP FUNCTION public.wait_for_test() CASCADE")


def pause_within(database: Database, process: ForkedProcess, step: str) -> None:
    """Wait until that step has been done and another has begun, as far as one can see from outside, and stop there."""
    give_up, wanted = monotonic() + 120, STEPS.index(step)
    while True:
        done = step_of(database)
        if done is not None and STEPS.index(done) >= wanted:
            process.send_signal(signal.SIGSTOP)
            return
        assert process.poll() is None
        assert monotonic() < give_up
        sleep(0.005)


@pytest.mark.parametrize("how", ["kill -9", pytest.param("its server is ended", marks=pytest.mark.thorough)])
def test_a_migration_killed_at_several_points_continues_where_it_was(
    how: str, new_database: Callable[..., Database], database: Database, settings: Settings
) -> None:
    broken, stops = empty_database(new_database), []
    for step in (STEPS[0], STEPS[len(STEPS) // 3], STEPS[2 * len(STEPS) // 3]):
        with slow_after(broken, step), time_limit(150, process := start_migration(broken, settings)):
            pause_within(broken, process, step)
            if how == "kill -9":
                process.kill()
            else:
                with connect(broken) as root:
                    for server in migration_servers(broken):
                        root.execute("SELECT pg_terminate_backend(%s)", [server])
                process.send_signal(signal.SIGCONT)
            assert process.wait(60) != 0
        stops.append(step_of(broken))
    assert stops == sorted(stops, key=STEPS.index)
    assert stops[0] != STEPS[-1]  # it was killed before the end

    migrate(*addresses(broken))

    assert step_of(broken) == STEPS[-1]
    assert schema(broken) == schema(database)
    engine = create_engine(broken.owner, poolclass=NullPool)
    with engine.connect() as connection:
        command.check(alembic_config(connection))


def test_only_one_process_migrates_and_the_others_find_it_done(
    new_database: Callable[..., Database], settings: Settings
) -> None:
    database = empty_database(new_database)
    engine = create_engine(database.owner, poolclass=NullPool)
    with engine.connect() as first:
        first.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": AdvisoryLock.MIGRATION.value})
        first.commit()
        others = [Thread(target=migrate, args=addresses(database), daemon=True) for _ in range(2)]
        for other in others:
            other.start()
        sleep(0.5)
        assert step_of(database) is None
        assert all(other.is_alive() for other in others)
    for other in others:
        other.join(60)
    assert not any(other.is_alive() for other in others)
    assert step_of(database) == STEPS[-1]
