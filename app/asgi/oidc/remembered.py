"""Something fetched from afar and kept for a while, so that nobody can make us ask for it again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from app.core.clock import now
from app.core.errors import Refusal

T = TypeVar("T")


class Remembered(Generic[T]):
    """Keeps what `fetch` brought for `lifetime`; asks at most once in `cooldown`, whether the asking worked or not."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], lifetime: timedelta, cooldown: timedelta) -> None:
        self.fetch = fetch
        self.lifetime = lifetime
        self.cooldown = cooldown
        self.lock = asyncio.Lock()
        self.asked_at: datetime | None = None
        self.kept: tuple[datetime, T] | None = None
        self.failure: Refusal | None = None

    async def get(self, *, fresh: bool = False) -> T:
        """What is kept, or fetched anew if it is too old; `fresh` asks for it anew unless that was done just now.

        Raises what the fetching raised, if there is nothing kept that is still good.
        """
        async with self.lock:
            if (fresh or self._kept_and_good() is None) and self._may_ask():
                await self._ask()
            if kept := self._kept_and_good():
                return kept[1]
            if self.failure is None:
                raise RuntimeError("asked, and neither an answer nor a failure")
            raise self.failure.with_traceback(None)

    def _may_ask(self) -> bool:
        return self.asked_at is None or now() - self.asked_at >= self.cooldown

    def _kept_and_good(self) -> tuple[datetime, T] | None:
        return self.kept if self.kept and now() - self.kept[0] < self.lifetime else None

    async def _ask(self) -> None:
        try:
            found = await self.fetch()
            self.kept, self.failure = (now(), found), None
        except Refusal as failure:
            self.failure = failure
        self.asked_at = now()
