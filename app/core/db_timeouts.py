"""Client-side timeouts for a database that does not answer at all, and so does not enforce its own timeouts.

A server that hangs (failed disk, frozen machine) keeps the connection and sends nothing; callers would wait for ever,
each in a thread. So every wait for an answer is limited on this side as well.
"""

import select
from collections.abc import Mapping
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

from app.core.database.session_settings import apply_session_settings

ResultT = TypeVar("ResultT")

NOT_DESCRIBED = (None,) * 5
ASK_AFTER = 5.0
"""Seconds without an answer after which a connection is not taken from the pool unasked."""


class PlainCursor(psycopg.Cursor[Any]):
    """Cursor that says of its columns what SQLAlchemy reads, name and type: psycopg builds an object for each column at
    each statement."""

    @property
    def description(self) -> Any:
        """The columns as PEP 249 describes them."""
        result = self.pgresult
        if result is None or not result.nfields:
            return super().description
        names = (result.fname(at) or b"" for at in range(result.nfields))
        return [(name.decode(), result.ftype(at), *NOT_DESCRIBED) for at, name in enumerate(names)]


class NumberedCursor(PlainCursor, psycopg.RawCursor[Any]):
    """Cursor for statements whose parameters are numbered, which go to the server as they are: others are searched for
    the names of their parameters at each execution, which takes a sixth of the time of a desk."""


class TimeoutConnection(psycopg.Connection[Any]):
    """Connection that closes when an answer takes longer than `response_timeout` seconds; None: no limit."""

    response_timeout: float | None = None
    _answered_at: float = 0.0

    def wait(self, gen: PQGen[ResultT], interval: float = 0.1, timeout: float | None = None) -> ResultT:
        """Wait as psycopg does, with the limit.

        An error without an SQLSTATE did not come from the server: the connection is then closed, since the outcome is
        unknown. The exception is a statement that the server skipped after one that failed in the same pipeline.
        """
        try:
            result = super().wait(gen, interval, self.response_timeout if timeout is None else timeout)
            self._answered_at = monotonic()
            return result
        except psycopg.OperationalError as error:
            is_skipped = isinstance(error, psycopg.errors.PipelineAborted)
            if timeout is None and error.sqlstate is None and not is_skipped:
                self.close()
            raise

    def _has_input(self) -> bool:
        """Tell whether something came from the server, or its end of the connection, that was not read."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def is_alive(self) -> bool:
        """Tell whether the server still serves this connection, which is in no transaction.

        The server is asked only if it sent something of its own accord, as when it ends a connection, or if it did not
        answer for `ASK_AFTER` seconds: to ask before each request costs as much as a statement.
        """
        if monotonic() - self._answered_at < ASK_AFTER and not self._has_input():
            return True
        try:
            self.autocommit = True
            self.execute("")
            self.autocommit = False
        except psycopg.Error:
            return False
        return True


def set_engine_response_timeout(
    engine: Engine, timeout: float, settings: Mapping[str, str], *, is_read_only: bool = False
) -> Engine:
    """Make the engine open connections that wait at most `timeout` seconds for an answer, with these settings of the
    session, and replace those that the server has ended; return it."""

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _entry: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TimeoutConnection:
        connection = TimeoutConnection.connect(*args, **kwargs)
        connection.response_timeout = timeout
        apply_session_settings(connection, settings)
        connection.read_only = is_read_only or None
        connection.cursor_factory = NumberedCursor if is_read_only else PlainCursor
        return connection

    @event.listens_for(engine, "checkout")
    def _require_alive(connection: TimeoutConnection, _entry: object, _proxy: object) -> None:
        if not connection.is_alive():
            raise InvalidatePoolError  # this one and all that were opened before are replaced

    return engine
