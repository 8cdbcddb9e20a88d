"""The bell: what one process tells the database with NOTIFY, every process hears, and rings for those who listen there.

There is one listening connection for each process, and only while somebody listens; a listener costs no connection and
a few hundred bytes. After a broken connection everybody is rung without a word, since something may have been missed:
they look for themselves.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
import structlog
from sqlalchemy import func, make_url, select

from app.core.db import WriteSession

CHANNEL: Final = "cwg_bell"
PROBE = 20.0
"""Seconds of silence after which the connection is tried."""
PAUSES = (0.2, 1.0, 2.0, 5.0)
"""Seconds before it is opened again; the last one for ever."""

log = structlog.get_logger()


def ring(session: WriteSession, topic: str, word: int) -> None:
    """Tell every process, once and only if the transaction is committed. A topic has no space in it."""
    session.execute(select(func.pg_notify(CHANNEL, f"{topic} {word}")))


class Listener:
    """Somebody who listens to one topic. Only the last word counts, so a slow one piles up nothing."""

    __slots__ = ("_rung", "last", "over")

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.last: int | None = None
        self.over = False

    def rung(self, word: int | None) -> None:
        self.last = word
        self._rung.set()

    async def heard(self, patience: float) -> bool:
        """Wait until it rings, but no longer than that; whether it rang. Then `last` and `over` say what is new."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._rung.wait()
                self._rung.clear()
                return True
        return False


class Bell:
    """Listens for one process, on the loop of whoever listens."""

    def __init__(self, database_url: str) -> None:
        address = make_url(database_url).set(drivername="postgresql")
        self._address = address.render_as_string(hide_password=False)
        self._listeners: dict[str, set[Listener]] = {}
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_over = False

    @contextmanager
    def listening(self, topic: str) -> Iterator[Listener]:
        """Listen until the end of the block."""
        listener = Listener()
        listener.over = self._is_over
        self._listeners.setdefault(topic, set()).add(listener)
        self._attend()
        try:
            yield listener
        finally:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]
            if not self._listeners and self._task:
                self._task.cancel()
                self._task = None

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return sum(map(len, self._listeners.values()))

    def hang_up(self) -> None:
        """Nobody is rung any more: every listener is told that it is over. From any thread, or a signal."""
        self._is_over = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        for listener in [each for listeners in self._listeners.values() for each in listeners]:
            listener.over = True
            listener.rung(None)

    def _attend(self) -> None:
        """Hear on the loop that runs now, if nobody does so yet."""
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._loop is not loop:
            self._loop, self._task = loop, loop.create_task(self._hear())

    async def _hear(self) -> None:
        tries = 0
        while True:
            try:
                async for topic, word in self._heard():
                    tries = 0
                    for listener in self._listeners.get(topic, ()) if topic else self._everybody():
                        listener.rung(word)
            except (psycopg.Error, OSError) as error:
                log.warning("bell-lost", kind=type(error).__name__)
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    def _everybody(self) -> list[Listener]:
        return [each for listeners in self._listeners.values() for each in listeners]

    async def _heard(self) -> AsyncIterator[tuple[str, int | None]]:
        """What is rung, for as long as the connection lives; at its beginning, that something may have been missed."""
        opened = await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, application_name="cwg-bell", connect_timeout=5
        )
        async with opened as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            yield "", None
            while True:
                async for notice in connection.notifies(timeout=PROBE):
                    topic, _, word = notice.payload.partition(" ")
                    if word.isascii() and word.isdigit():  # anybody with a role may ring, and say anything
                        yield topic, int(word)
                await connection.execute("SELECT 1")
