"""A connection that is lost: between two transactions another one is opened; when its transaction ends, nothing was
changed if it only read, else that is unknown."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

from app.core.db import create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.errors import Unavailable


def lose_connection(database, session: Session) -> None:
    process = session.scalar(text("SELECT pg_backend_pid()"))
    database.run_as_superuser(f"SELECT pg_terminate_backend({process}, 5000)")


def test_a_transaction_that_read_says_that_nothing_was_changed(database, engine: Engine) -> None:
    with pytest.raises(Unavailable, match="Nothing was changed"), transaction(read_session_factory(engine)) as session:
        lose_connection(database, session)


def test_a_transaction_that_may_have_written_says_nothing_of_its_outcome(database, engine: Engine) -> None:
    with pytest.raises(OperationalError), transaction(write_session_factory(engine)) as session:
        lose_connection(database, session)


@pytest.mark.parametrize("ask_after", [3600.0, 0.0])
def test_a_connection_that_was_lost_between_two_transactions_is_replaced(
    database, engine: Engine, monkeypatch: pytest.MonkeyPatch, ask_after: float
) -> None:
    monkeypatch.setattr("app.core.db_timeouts.ASK_AFTER", ask_after)
    with engine.connect() as connection:
        process = connection.scalar(text("SELECT pg_backend_pid()"))
    database.run_as_superuser(f"SELECT pg_terminate_backend({process}, 5000)")

    with transaction(read_session_factory(engine)) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != process


def test_an_engine_that_reads_writes_nothing(database) -> None:
    engine = create_database_engine(database.portal, pool_size=1, is_read_only=True)
    for _ in range(2):  # of a new connection, and of one that was used before
        with engine.connect() as connection, pytest.raises(InternalError, match="read-only transaction"):
            connection.execute(text("CREATE TABLE anything ()"))
    engine.dispose()


@pytest.mark.parametrize("ask_after", [3600.0, 0.0])
def test_a_connection_is_asked_after_a_silence_alone_and_then_serves_a_transaction(
    database, engine: Engine, monkeypatch: pytest.MonkeyPatch, ask_after: float
) -> None:
    monkeypatch.setattr("app.core.db_timeouts.ASK_AFTER", ask_after)
    with engine.connect() as connection:
        process = connection.scalar(text("SELECT pg_backend_pid()"))
    with database.server.line(database.name) as watching:

        def find_last_answer() -> object:
            return watching.execute("SELECT state_change FROM pg_stat_activity WHERE pid = %s", [process]).fetchone()

        answered = find_last_answer()
        with engine.connect() as connection:
            assert (find_last_answer() != answered) is (ask_after == 0)
            transactions = {connection.scalar(text("SELECT pg_current_xact_id()")) for _ in range(2)}
            assert connection.scalar(text("SELECT pg_backend_pid()")) == process
    assert len(transactions) == 1
