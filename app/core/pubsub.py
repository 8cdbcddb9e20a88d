"""Publish and subscribe over PostgreSQL's LISTEN/NOTIFY: a value that one process sends reaches every subscription.

Each process has one listening connection, and only while there are subscriptions; a subscription costs no connection
and a few hundred bytes. After a reconnection all subscriptions are woken without a value, since something may have been
missed: they check for themselves.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
import structlog
from sqlalchemy import func, make_url, select

from app.core.db import WriteSession

NOTIFY_CHANNEL: Final = "cwg_bell"
PROBE_SECONDS = 20.0
"""Seconds without a notification after which the connection is tested."""
RECONNECT_PAUSES = (0.2, 1.0, 2.0, 5.0)
"""Seconds between reconnection attempts; the last one repeats."""

log = structlog.get_logger()


def notify(session: WriteSession, topic: str, value: int) -> None:
    """Send a value to every process, once, and only if the transaction is committed. A topic has no space in it."""
    session.execute(select(func.pg_notify(NOTIFY_CHANNEL, f"{topic} {value}")))


class Subscription:
    """A subscription to one topic. Only the last value is kept, so that a slow reader accumulates nothing."""

    __slots__ = ("_event", "is_closed", "last_value")

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.last_value: int | None = None
        self.is_closed = False

    def deliver(self, value: int | None) -> None:
        """Keep the value and wake the reader."""
        self.last_value = value
        self._event.set()

    async def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for a value and return whether one came; then read `last_value` and
        `is_closed`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
                self._event.clear()
                return True
        return False


class Notifier:
    """Receives notifications for one process, on the event loop of its subscribers."""

    def __init__(self, database_url: str) -> None:
        address = make_url(database_url).set(drivername="postgresql")
        self._address = address.render_as_string(hide_password=False)
        self._subscriptions: dict[str, set[Subscription]] = {}
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    @contextmanager
    def subscribe(self, topic: str) -> Iterator[Subscription]:
        """Subscribe to a topic until the end of the block."""
        subscription = Subscription()
        subscription.is_closed = self._is_closed
        self._subscriptions.setdefault(topic, set()).add(subscription)
        self._ensure_receiving()
        try:
            yield subscription
        finally:
            self._subscriptions[topic].discard(subscription)
            if not self._subscriptions[topic]:
                del self._subscriptions[topic]
            if not self._subscriptions and self._task:
                self._task.cancel()
                self._task = None

    @property
    def subscription_count(self) -> int:
        """Number of open subscriptions."""
        return sum(map(len, self._subscriptions.values()))

    def close(self) -> None:
        """Close all subscriptions and deliver nothing more. Can be called from any thread or from a signal handler."""
        self._is_closed = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close_all)

    def _close_all(self) -> None:
        """Mark all subscriptions as closed and wake their readers."""
        for subscription in self._all_subscriptions():
            subscription.is_closed = True
            subscription.deliver(None)

    def _ensure_receiving(self) -> None:
        """Start receiving on the running event loop, unless that is done already."""
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._loop is not loop:
            self._loop, self._task = loop, loop.create_task(self._receive())

    async def _receive(self) -> None:
        """Deliver notifications for ever; reconnect after each failure."""
        attempts = 0
        while True:
            try:
                async for topic, value in self._notifications():
                    attempts = 0
                    for subscription in self._subscriptions.get(topic, ()) if topic else self._all_subscriptions():
                        subscription.deliver(value)
            except (psycopg.Error, OSError) as error:
                log.warning("notifications-lost", kind=type(error).__name__)
            await asyncio.sleep(RECONNECT_PAUSES[min(attempts, len(RECONNECT_PAUSES) - 1)])
            attempts += 1

    def _all_subscriptions(self) -> list[Subscription]:
        """Return all subscriptions."""
        return [subscription for topic in self._subscriptions.values() for subscription in topic]

    async def _notifications(self) -> AsyncIterator[tuple[str, int | None]]:
        """Yield topic and value while the connection lives; the first pair is empty, since something may have been
        missed."""
        new_connection = await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, application_name="cwg-bell", connect_timeout=5
        )
        async with new_connection as connection:
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
            yield "", None
            while True:
                async for notice in connection.notifies(timeout=PROBE_SECONDS):
                    topic, _, value = notice.payload.partition(" ")
                    if value.isascii() and value.isdigit():  # any database role may notify, with any payload
                        yield topic, int(value)
                await connection.execute("SELECT 1")
