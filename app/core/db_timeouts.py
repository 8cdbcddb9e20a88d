"""Client-side timeouts for a database that does not answer at all, and so does not enforce its own timeouts.

A server that hangs (failed disk, frozen machine) keeps the connection and sends nothing; callers would wait for ever,
each in a thread. So every wait for an answer is limited on this side as well.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, event

from app.core.database.session_settings import apply_session_settings

ResultT = TypeVar("ResultT")


class TimeoutConnection(psycopg.Connection[Any]):
    """Connection that closes when an answer takes longer than `response_timeout` seconds; None: no limit."""

    response_timeout: float | None = None

    def wait(self, gen: PQGen[ResultT], interval: float = 0.1, timeout: float | None = None) -> ResultT:
        """Wait as psycopg does, with the limit.

        An error without an SQLSTATE did not come from the server: the connection is then closed, since the outcome is
        unknown.
        """
        try:
            return super().wait(gen, interval, self.response_timeout if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if timeout is None and error.sqlstate is None:
                self.close()
            raise


def set_engine_response_timeout(engine: Engine, timeout: float, settings: Mapping[str, str]) -> Engine:
    """Make the engine open connections that wait at most `timeout` seconds for an answer, with these settings of the
    session; return it."""

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _entry: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TimeoutConnection:
        connection = TimeoutConnection.connect(*args, **kwargs)
        connection.response_timeout = timeout
        apply_session_settings(connection, settings)
        return connection

    return engine
