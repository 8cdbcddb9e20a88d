"""Whose turn it is: how many requests may hold a thread and wait for the database at once, readers and writers apart.

Handlers are ordinary functions in forty threads. Without this, forty writers that wait for a lock hold all of them, and
nobody reads a page although connections for reading are free. Whoever waits for a turn waits without a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakKeyDictionary

from app.core.errors import Unavailable
from app.core.i18n import say

READERS: Final = 24
WRITERS: Final = 12
"""Together fewer than the forty threads: what needs no database, such as /healthz, always finds one."""
PATIENCE = 30.0
"""Seconds that somebody waits for a turn: in the last minute before a deadline many come at once, and all are taken."""


class Turns:
    """The turns of one process, in the order of asking; none while `is_lost` says that nothing would answer."""

    def __init__(
        self, is_lost: Callable[[], bool] = lambda: False, *, readers: int = READERS, writers: int = WRITERS
    ) -> None:
        self._is_lost, self._most = is_lost, (readers, writers)
        self._of: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[asyncio.Semaphore, ...]] = WeakKeyDictionary()

    @asynccontextmanager
    async def taken(self, *, is_writer: bool) -> AsyncIterator["Turn"]:
        """A turn until the end of the block, or until it is given back. Raises Unavailable if none comes."""
        turn = Turn(self._among(is_writer))
        try:
            self._insist()
            await turn.take()
            self._insist()
            yield turn
        finally:
            turn.give_back()

    def _among(self, is_writer: bool) -> asyncio.Semaphore:
        """A semaphore is its loop's; a process that serves has one."""
        loop = asyncio.get_running_loop()
        if loop not in self._of:
            self._of[loop] = tuple(map(asyncio.Semaphore, self._most))
        return self._of[loop][is_writer]

    def _insist(self) -> None:
        if self._is_lost():
            raise Unavailable(say("The database does not answer. Nothing was changed."))


class Turn:
    """One turn. It can be given back early by whoever then waits for something else than the database."""

    __slots__ = ("_among", "_is_taken")

    def __init__(self, among: asyncio.Semaphore) -> None:
        self._among, self._is_taken = among, False

    async def take(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._among.acquire()
        except TimeoutError:
            raise Unavailable(say("Too many are at work at this moment. Nothing was changed.")) from None
        self._is_taken = True

    def give_back(self) -> None:
        if self._is_taken:
            self._is_taken = False
            self._among.release()
