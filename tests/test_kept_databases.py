"""What one test does has no effect on the next: not on rows, the schema, or the settings of a connection."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import Engine, text

from app.core.db import create_database_engine, transaction, write_session_factory
from tests.conftest import TEMPLATE, WITH_CAST, Database, Server
from tests.kept_databases import TABLES, Kept, RestoredDatabase
from tests.world import enrol, record_rows

Tables = dict[str, list[tuple[object, ...]]]
SESSION_CHANGES = (
    ("coalesce(current_setting('cwg.entity', true), '')", "SELECT set_config('cwg.entity', 'KEN', false)"),
    ("current_setting('statement_timeout')", "SET statement_timeout = '7s'"),
    ("current_user", "SET ROLE cwg_portal"),
    ("count(*)::text FROM pg_listening_channels()", "LISTEN something"),
    (
        "count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        "SELECT pg_advisory_lock(7)",
    ),
    ("count(*)::text FROM pg_cursors", "DECLARE c CURSOR WITH HOLD FOR SELECT 1"),
    ("coalesce(to_regclass('pg_temp.mine')::text, '')", "CREATE TEMP TABLE mine ()"),
    ("current_setting('transaction_read_only')", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"),
)


@pytest.fixture(params=[TEMPLATE, WITH_CAST])
def restored_database(
    request: pytest.FixtureRequest, restored_databases: Callable[[str], RestoredDatabase]
) -> Iterator[RestoredDatabase]:
    found = restored_databases(request.param)
    found.open()
    yield found
    found.forget()


def everything_in(server: Server, database: str) -> Tables:
    with server.line(database) as line:
        return {
            name: sorted(line.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall(), key=repr)
            for name, columns in line.execute(TABLES).fetchall()
        }


@pytest.fixture
def as_portal(server: Server, restored_database: RestoredDatabase) -> Iterator[Engine]:
    engine = create_database_engine(Database(server, restored_database.name).portal, pool_size=2)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("ends", [True, False])
def test_rows_are_restored_independently_of_who_wrote_them(
    server: Server, restored_database: RestoredDatabase, as_portal: Engine, ends: bool
) -> None:
    before = everything_in(server, restored_database.name)
    with transaction(write_session_factory(as_portal)) as session:
        record_rows(session)
        session.execute(text("UPDATE portal.person SET name = 'Nobody'"))
        if not before["portal.person"]:
            enrol(session)
    # As if from another process; the triggers of the tables do not apply to it.
    with server.line(restored_database.name) as line:
        line.execute("SET session_replication_role = replica")
        line.execute("UPDATE portal.body SET code = code || '-changed'")
        line.execute("DELETE FROM portal.topic WHERE code = 'spam'")
        line.execute("DELETE FROM portal.series")
        line.execute("INSERT INTO portal.backup VALUES ('one', now(), now(), 1, 0, 0, false)")
        line.execute("SELECT nextval('jobs.procrastinate_jobs_id_seq')")
    left = as_portal.connect()
    left.execute(text("SELECT FROM portal.topic FOR UPDATE"))  # a transaction that somebody forgot
    if ends:
        left.close()
    after = everything_in(server, restored_database.name)
    changed = {name for name in before if before[name] != after[name]}
    assert changed >= {"portal.body", "portal.topic", "portal.series", "portal.backup", "portal.person"}

    clones = restored_database.clones
    restored_database.put_back()

    assert everything_in(server, restored_database.name) == before
    assert restored_database.clones == clones
    with server.line(restored_database.name) as line:
        number = line.execute("SELECT last_value, is_called FROM jobs.procrastinate_jobs_id_seq").fetchone()
    assert number == (1, False)
    if not left.closed:
        left.invalidate()
    left.close()


def test_what_is_added_to_restored_rows_is_removed(server: Server, restored_database: RestoredDatabase) -> None:
    before = everything_in(server, restored_database.name)
    for statement in (
        "UPDATE portal.member_state SET region = NULL WHERE code < 'C'",
        "INSERT INTO portal.member_state VALUES ('---', 'member_state', NULL)",
        "DELETE FROM portal.member_state WHERE code < 'C'",
    ):
        with server.line(restored_database.name) as line:
            line.execute("SET session_replication_role = replica")
            assert line.execute(statement).rowcount
        restored_database.put_back()
        assert everything_in(server, restored_database.name) == before


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE portal.topic ADD COLUMN more int",
        "DROP TRIGGER {trigger} ON {table}",
        "ALTER TABLE portal.contribution DISABLE ROW LEVEL SECURITY",
        "GRANT DELETE ON portal.ledger_head TO cwg_reader",
        "CREATE TABLE public.another ()",
        "ALTER DATABASE {name} SET statement_timeout = 1",
        "TRUNCATE portal.topic CASCADE",
    ],
)
def test_a_database_whose_schema_was_changed_is_used_no_more(
    server: Server, restored_database: RestoredDatabase, change: str
) -> None:
    before, clones = everything_in(server, restored_database.name), restored_database.clones
    with server.line(restored_database.name) as line:
        trigger, table = line.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal LIMIT 1"
        ).fetchone()
        line.execute(change.format(trigger=trigger, table=table, name=restored_database.name))

    restored_database.put_back()
    restored_database.open()

    assert restored_database.clones == clones + 1
    assert everything_in(server, restored_database.name) == before


@pytest.mark.parametrize(("asked", "change"), SESSION_CHANGES)
def test_a_change_of_a_session_is_undone_for_the_next_user_of_the_connection(
    server: Server, restored_database: RestoredDatabase, asked: str, change: str
) -> None:
    first = opened(server, restored_database)
    process, at_first = first.pgconn.backend_pid, answer(first, asked)
    first.autocommit = True
    first.execute(change)
    assert answer(first, asked) != at_first
    first.close()

    second = opened(server, restored_database)
    assert second.pgconn.backend_pid == process  # else this shows nothing
    assert not second.autocommit
    assert answer(second, asked) == at_first
    second.close()


def test_what_was_not_committed_is_undone_on_a_connection_that_is_kept(
    server: Server, restored_database: RestoredDatabase
) -> None:
    first = opened(server, restored_database)
    process = first.pgconn.backend_pid
    first.execute("INSERT INTO portal.backup VALUES ('one', now(), now(), 1, 0, 0, false)")
    first.close()

    second = opened(server, restored_database)
    assert second.pgconn.backend_pid == process
    assert answer(second, "count(*) FROM portal.backup") == 0
    second.close()


def test_a_connection_whose_server_process_is_gone_is_not_handed_out(
    server: Server, restored_database: RestoredDatabase
) -> None:
    first = opened(server, restored_database)
    process = first.pgconn.backend_pid
    first.close()
    server.run(f"SELECT pg_terminate_backend({process}, 5000)")

    second = opened(server, restored_database)
    assert second.pgconn.backend_pid != process
    assert answer(second, "1") == 1
    second.close()


def test_only_kept_databases_have_kept_connections(server: Server) -> None:
    first = Kept.opened(**way(server, "postgres"))
    first.close()
    assert first.closed
    assert not isinstance(first, Kept)


def way(server: Server, database: str) -> dict[str, object]:
    with server.line("postgres") as line:
        return {"host": line.info.host, "dbname": database, "user": "postgres", "application_name": "test_kept"}


def opened(server: Server, restored_database: RestoredDatabase) -> psycopg.Connection:
    return Kept.opened(**way(server, restored_database.name))


def answer(connection: psycopg.Connection, asked: str) -> object:
    row = connection.execute(f"SELECT {asked}").fetchone()
    connection.commit()
    assert row
    return row[0]
