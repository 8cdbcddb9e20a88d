"""A cache of one fetched value with a minimum interval between fetches, so that no one can trigger requests at will."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from app.core.clock import now
from app.core.errors import DomainError

T = TypeVar("T")


class CachedFetch(Generic[T]):
    """Caches the result of `fetch` for `lifetime`; fetches at most once per `cooldown`, whether it succeeded or
    failed."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], lifetime: timedelta, cooldown: timedelta) -> None:
        self.fetch = fetch
        self.lifetime = lifetime
        self.cooldown = cooldown
        self.lock = asyncio.Lock()
        self.fetched_at: datetime | None = None
        self.cached: tuple[datetime, T] | None = None
        self.failure: DomainError | None = None

    async def get(self, *, fresh: bool = False) -> T:
        """Return the cached value, fetching it if it is too old; `fresh` fetches again unless within the cool-down.

        Raises the error of the last fetch if no valid value is cached.
        """
        async with self.lock:
            if (fresh or self._valid_entry() is None) and self._may_fetch():
                await self._fetch()
            if valid := self._valid_entry():
                return valid[1]
            if self.failure is None:
                raise RuntimeError("asked, and neither an answer nor a failure")
            raise self.failure.with_traceback(None)

    def _may_fetch(self) -> bool:
        return self.fetched_at is None or now() - self.fetched_at >= self.cooldown

    def _valid_entry(self) -> tuple[datetime, T] | None:
        return self.cached if self.cached and now() - self.cached[0] < self.lifetime else None

    async def _fetch(self) -> None:
        try:
            value = await self.fetch()
            self.cached, self.failure = (now(), value), None
        except DomainError as failure:
            self.failure = failure
        self.fetched_at = now()
