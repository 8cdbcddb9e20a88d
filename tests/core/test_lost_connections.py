"""A connection that is lost when its transaction ends: nothing was changed if it only read, else that is unknown."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.db import read_session_factory, transaction, write_session_factory
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
