"""Plans that connections of pages keep, for marked statements alone."""

from time import sleep

import psycopg
import pytest
from sqlalchemy import String, bindparam, column, func, select, table, text
from sqlalchemy.exc import DataError, NotSupportedError

from app.core.database.kept_plans import keep_plan
from app.core.db import create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.errors import Unavailable
from tests.kept_databases import Kept

KEPT = keep_plan(select(func.length(bindparam("words", type_=String))))
COUNT_PLANS = text(
    "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements WHERE statement LIKE 'SELECT length%'"
)
SHOW_MODE = text("SHOW plan_cache_mode")


def test_a_marked_statement_is_planned_once_and_the_next_ones_for_their_values(database) -> None:
    engine = create_database_engine(database.portal, pool_size=1, is_read_only=True)
    with transaction(read_session_factory(engine)) as session:
        assert [session.scalar(KEPT, {"words": "x" * length}) for length in range(7)] == list(range(7))
        assert session.scalar(SHOW_MODE) == "force_custom_plan"
        generic, custom = session.execute(COUNT_PLANS).one()
        assert generic >= 7
        assert custom == 0
    engine.dispose()


def test_a_marked_statement_that_fails_ends_its_transaction_only(database) -> None:
    failing = keep_plan(select(10 / func.length(bindparam("words", type_=String))))
    engine = create_database_engine(database.portal, pool_size=1, is_read_only=True)
    sessions = read_session_factory(engine)
    with pytest.raises(DataError), transaction(sessions) as session:
        session.scalar(failing, {"words": ""})
    with transaction(sessions) as session:
        assert session.scalar(SHOW_MODE) == "auto"
        assert session.scalar(KEPT, {"words": "xx"}) == 2
    engine.dispose()


def test_a_failure_known_before_all_was_sent_keeps_the_connection(database, monkeypatch) -> None:
    execute = psycopg.Connection.execute

    def execute_later(connection, *args, **kwargs):
        sleep(0.05)  # the answer to what was sent before has come
        return execute(connection, *args, **kwargs)

    failing = keep_plan(select(10 / func.length(bindparam("words", type_=String))))
    engine = create_database_engine(database.portal, pool_size=1, is_read_only=True)
    sessions = read_session_factory(engine)
    server_process = select(func.pg_backend_pid())
    with transaction(sessions) as session:
        before = session.scalar(server_process)
    monkeypatch.setattr(psycopg.Connection, "execute", execute_later)
    with pytest.raises(DataError), transaction(sessions) as session:
        session.scalar(failing, {"words": ""})
    with transaction(sessions) as session:
        assert session.scalar(server_process) == before
        assert session.scalar(KEPT, {"words": "xx"}) == 2
    engine.dispose()


@pytest.mark.parametrize("is_read_only", [True, False])
def test_connections_whose_plans_a_migration_has_outdated_are_replaced(database, monkeypatch, is_read_only) -> None:
    monkeypatch.setattr(Kept, "close", Kept.end)  # a connection that is closed serves no other one
    database.run_as_superuser(
        "CREATE TABLE portal.counted AS SELECT 1 AS places; GRANT SELECT ON portal.counted TO PUBLIC"
    )
    counted = keep_plan(select(table("counted", column("places"), schema="portal").c.places))
    engine = create_database_engine(database.portal, pool_size=2, is_read_only=is_read_only)
    sessions = (read_session_factory if is_read_only else write_session_factory)(engine)
    with transaction(sessions) as session, transaction(sessions) as other:
        for _ in range(7):  # the plan of any statement is kept from its sixth execution on
            assert session.scalar(counted) == other.scalar(counted) == 1
    database.run_as_superuser("ALTER TABLE portal.counted ALTER places TYPE bigint")
    with pytest.raises(Unavailable, match="Nothing was changed"), transaction(sessions) as session:
        session.scalar(counted)
    with transaction(sessions) as session, transaction(sessions) as other:
        assert session.scalar(counted) == other.scalar(counted) == 1
    database.run_as_superuser("DROP TABLE portal.counted")
    engine.dispose()


def test_anything_else_that_is_not_supported_keeps_the_connection(database) -> None:
    engine = create_database_engine(database.portal, pool_size=1)
    with engine.connect() as connection:
        before = connection.scalar(text("SELECT pg_backend_pid()"))
    with pytest.raises(NotSupportedError) as raised, transaction(read_session_factory(engine)) as session:
        session.execute(text("SELECT DISTINCT a FROM (VALUES (1)) AS v (a) FOR UPDATE"))
    assert not raised.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == before
    engine.dispose()
