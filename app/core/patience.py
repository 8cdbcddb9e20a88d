"""A database that does not answer at all: its own time limits are of no use then, as it is the one to watch over them.

A server that hangs (its disk is gone, its machine is frozen) keeps the connection and says nothing; whoever asked it
would wait for ever, each in a thread. So every wait for an answer has an end on our side as well.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, event

RV = TypeVar("RV")


class Impatient(psycopg.Connection[Any]):
    """A connection that is given up when an answer takes longer than `patience` seconds; None: it waits."""

    patience: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As its parent's. Closed by what it raises if that is no word of the server's: what was asked may be done."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if timeout is None and error.sqlstate is None:
                self.close()
            raise


def impatient(engine: Engine, patience: float) -> Engine:
    """The engine, whose connections wait so many seconds for an answer and no longer."""

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _entry: object, given: tuple[Any, ...], named: dict[str, Any]) -> Impatient:
        made = Impatient.connect(*given, **named)
        made.patience = patience
        return made

    return engine
