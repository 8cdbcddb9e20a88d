"""Limit how many requests may hold a thread and wait for the database at once, separately for readers, writers, and
what the identity provider says of sessions.

Handlers are synchronous functions in forty threads. Without this limit, forty writers waiting for a lock would hold all
threads, and no page could be read although read connections are free. Waiting for a slot takes no thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final
from weakref import WeakKeyDictionary

from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _

READER_SLOTS: Final = 24
WRITER_SLOTS: Final = 12
LOGOUT_SLOTS: Final = 2
"""All together fewer than the forty threads: handlers without a database, such as /healthz, always find one. A
provider that says that a session ended, and is refused, may not say so again (decisions/slots-of-sign-ins.md)."""
SLOT_TIMEOUT = 30.0
"""Seconds that a request waits for a slot: in the last minute before a deadline many arrive at once, and all must
succeed."""

_READERS, _WRITERS, _LOGOUTS = range(3)


class ConcurrencyLimiter:
    """The slots of one process, granted in order of request; none while `is_database_lost()` is true."""

    def __init__(
        self,
        is_database_lost: Callable[[], bool] = lambda: False,
        *,
        reader_slots: int = READER_SLOTS,
        writer_slots: int = WRITER_SLOTS,
        logout_slots: int = LOGOUT_SLOTS,
    ) -> None:
        self._is_lost, self._limits = is_database_lost, (reader_slots, writer_slots, logout_slots)
        self._semaphores_of: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[asyncio.Semaphore, ...]] = (
            WeakKeyDictionary()
        )

    def acquire_slot(self, *, is_writer: bool) -> AbstractAsyncContextManager["ConcurrencySlot"]:
        """Context manager: hold a slot until the end of the block, or until it is released.

        Raises Unavailable without one.
        """
        return self._hold_slot(_WRITERS if is_writer else _READERS)

    def acquire_logout_slot(self) -> AbstractAsyncContextManager["ConcurrencySlot"]:
        """Context manager: hold a slot of those that writers cannot take, to end sessions that the identity provider
        has ended.

        Raises Unavailable without one.
        """
        return self._hold_slot(_LOGOUTS)

    @asynccontextmanager
    async def _hold_slot(self, share: int) -> AsyncIterator["ConcurrencySlot"]:
        """Context manager: hold a slot of a share. Raises Unavailable without one."""
        slot = ConcurrencySlot(self._semaphore(share))
        try:
            self._require_database()
            await slot.acquire()
            self._require_database()
            yield slot
        finally:
            slot.release()

    def _semaphore(self, share: int) -> asyncio.Semaphore:
        """Return the semaphore of a share on the running event loop; a serving process has one loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._semaphores_of:
            self._semaphores_of[loop] = tuple(map(asyncio.Semaphore, self._limits))
        return self._semaphores_of[loop][share]

    def _require_database(self) -> None:
        """Raises Unavailable while the database does not answer."""
        if self._is_lost():
            raise Unavailable(_("The database does not answer. Nothing was changed."))


class ConcurrencySlot:
    """One slot. A handler can release it early before it waits for something other than the database."""

    __slots__ = ("_is_taken", "_semaphore")

    def __init__(self, semaphore: asyncio.Semaphore) -> None:
        self._semaphore, self._is_taken = semaphore, False

    async def acquire(self) -> None:
        """Wait for the slot. Raises Unavailable after `SLOT_TIMEOUT` seconds."""
        try:
            async with asyncio.timeout(SLOT_TIMEOUT):
                await self._semaphore.acquire()
        except TimeoutError:
            raise Unavailable(_("Too many are at work at this moment. Nothing was changed.")) from None
        self._is_taken = True

    def release(self) -> None:
        """Release the slot; no effect if it is not held."""
        if self._is_taken:
            self._is_taken = False
            self._semaphore.release()
