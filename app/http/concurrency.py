"""Limit how many requests may hold a thread and wait for the database at once, separately for readers, writers, and
what the identity provider says of sessions.

Handlers are synchronous functions in forty threads. Without this limit, forty writers waiting for a lock would hold all
threads, and no page could be read although read connections are free. Waiting for a slot takes no thread.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from threading import Lock
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from app.core.errors import TooManyRequests, Unavailable
from app.core.i18n import lazy_gettext as _

READER_SLOTS: Final = 24
WRITER_SLOTS: Final = 12
LOGOUT_SLOTS: Final = 2
"""All together fewer than the forty threads: handlers without a database, such as /healthz, always find one. A
provider that says that a session ended, and is refused, may not say so again (decisions/slots-of-sign-ins.md)."""
SLOT_TIMEOUT = 30.0
"""Seconds that a request waits for a slot: in the last minute before a deadline many arrive at once, and all must
succeed."""

MAX_OF_PERSON: Final = 3
MAX_OF_ENTITY: Final = 8
"""Costly requests in hand in one process: a third of the slots of readers, so that three States can take what there is
only together."""

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
            raise Unavailable(_("The database is not responding. Nothing was changed."))


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
            raise Unavailable(
                _("The system is processing too many requests at the moment. Nothing was changed.")
            ) from None
        self._is_taken = True

    def release(self) -> None:
        """Release the slot; no effect if it is not held."""
        if self._is_taken:
            self._is_taken = False
            self._semaphore.release()


class CostlyWorkLimiter:
    """Bound the costly work that one person, and one member, have in hand in this process: differences, PDFs, searches,
    lists of archives; another one bounds the downloads of a person.

    `ConcurrencyLimiter` admits requests in their order only, so one session could take all slots. What
    exceeds the bound is refused at once, since waiting would take a slot and a thread.
    """

    def __init__(self, *, of_person: int = MAX_OF_PERSON, of_entity: int = MAX_OF_ENTITY) -> None:
        self._limits, self._in_hand, self._lock = (of_person, of_entity), Counter[Hashable](), Lock()

    def __len__(self) -> int:
        """Return how many have something in hand: people and members."""
        return len(self._in_hand)

    @contextmanager
    def hold(self, person: UUID, entity: str) -> Iterator[None]:
        """Context manager: have one costly request in hand until the end of the block.

        Raises TooManyRequests if the person or the entity has as many as are allowed.
        """
        keys: tuple[Hashable, Hashable] = person, entity
        with self._lock:
            if any(self._in_hand[key] >= limit for key, limit in zip(keys, self._limits, strict=True)):
                raise TooManyRequests(
                    _("You or your delegation have several searches, comparisons or downloads in progress.")
                )
            self._in_hand.update(keys)
        try:
            yield
        finally:
            with self._lock:
                self._in_hand -= Counter(keys)  # drops what is zero
