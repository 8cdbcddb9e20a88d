"""Pool of database connections that reports how long each one was waited for."""

from collections.abc import Callable
from time import perf_counter

from sqlalchemy import QueuePool
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection

WaitReport = Callable[[float, bool], None]
"""Is called with the seconds of a wait, and whether it ended without a connection, as all were in use."""


class WatchedPool(QueuePool):
    """SQLAlchemy's usual pool; `report_wait` is called after each wait, if it is set."""

    report_wait: WaitReport | None = None

    def connect(self) -> PoolProxiedConnection:
        """Return a connection, as the base class does."""
        began = perf_counter()
        try:
            connection = super().connect()
        except PoolTimeout:
            self._report(began, is_timeout=True)
            raise
        self._report(began, is_timeout=False)
        return connection

    def recreate(self) -> QueuePool:
        """Return a new pool with the same report; SQLAlchemy calls this where it closes all connections."""
        pool = super().recreate()
        if isinstance(pool, WatchedPool):
            pool.report_wait = self.report_wait
        return pool

    def _report(self, began: float, *, is_timeout: bool) -> None:
        if self.report_wait is not None:
            self.report_wait(perf_counter() - began, is_timeout)
