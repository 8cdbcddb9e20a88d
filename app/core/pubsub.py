"""Publish and subscribe over PostgreSQL's LISTEN/NOTIFY: a value that one process sends reaches every subscription.

A `Listener` listens in a thread of its own. `Notifier` hands what it hears to coroutines: each process has one such
connection, and only while there are subscriptions; a subscription costs no connection and a few hundred bytes. After a
reconnection all subscriptions are woken without a value, since something may have been missed: they check for
themselves.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final

from sqlalchemy import func, select

from app.core.connected_thread import ConnectedThread
from app.core.db import WriteSession
from app.core.db_timeouts import TimeoutConnection

NOTIFY_CHANNEL: Final = "cwg_bell"
PROBE_INTERVAL = 10.0
"""Seconds without a notification after which the connection is tested."""
STOP_INTERVAL = 0.2
"""Seconds after which a listener that was stopped ends at the latest."""


def notify(session: WriteSession, topic: str, value: int) -> None:
    """Send a value to every process, once, and only if the transaction is committed. A topic has no space in it."""
    session.execute(select(func.pg_notify(NOTIFY_CHANNEL, f"{topic} {value}")))


class Listener(ConnectedThread):
    """Listens on one channel.

    In that thread it calls `on_connected` after each connection, since something may have been missed; `on_notified`
    with the payloads that came. If one of them raises, the listener connects again.
    """

    def __init__(
        self,
        database_url: str,
        channel: str,
        *,
        application_name: str,
        fault_event: str,
        on_connected: Callable[[], object],
        on_notified: Callable[[Sequence[str]], object],
    ) -> None:
        super().__init__(database_url, application_name=application_name, fault_event=fault_event)
        self._channel = channel
        self._on_connected, self._on_notified = on_connected, on_notified

    def _use_connection(self, connection: TimeoutConnection) -> None:
        connection.execute(f"LISTEN {self._channel}")
        self._reset_pauses()
        self._on_connected()
        self._receive(connection)

    def _receive(self, connection: TimeoutConnection) -> None:
        """Hand on what comes until the listener is stopped. Raises psycopg.Error, OSError if the connection is lost."""
        heard_at = monotonic()
        while not self._stop_requested.is_set():
            if payloads := [each.payload for each in connection.notifies(timeout=STOP_INTERVAL, stop_after=1)]:
                self._on_notified(payloads)
            elif monotonic() - heard_at >= PROBE_INTERVAL:
                connection.execute("SELECT 1")
            else:
                continue
            heard_at = monotonic()


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
        self._database_url = database_url
        self._subscriptions: dict[str, set[Subscription]] = {}
        self._listener: Listener | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    @contextmanager
    def subscribe(self, topic: str) -> Iterator[Subscription]:
        """Subscribe to a topic until the end of the block."""
        subscription = Subscription()
        subscription.is_closed = self._is_closed
        self._subscriptions.setdefault(topic, set()).add(subscription)
        self._ensure_listening()
        try:
            yield subscription
        finally:
            self._subscriptions[topic].discard(subscription)
            if not self._subscriptions[topic]:
                del self._subscriptions[topic]
            if not self._subscriptions:
                self._stop_listening()

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

    def _ensure_listening(self) -> None:
        """Start a listener for the running event loop, unless there is one."""
        loop = asyncio.get_running_loop()
        if self._listener and self._loop is loop:
            return
        self._stop_listening()
        self._loop = loop
        self._listener = Listener(
            self._database_url,
            NOTIFY_CHANNEL,
            application_name="cwg-bell",
            fault_event="notifications-lost",
            on_connected=lambda: self._call_on_loop(loop, self._wake_all),
            on_notified=lambda payloads: self._call_on_loop(loop, lambda: self._deliver(payloads)),
        )
        self._listener.start()

    def _call_on_loop(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Call back on the event loop, from the thread of the listener; stop listening if the loop was closed."""
        if not loop.is_closed():
            loop.call_soon_threadsafe(callback)
        elif loop is self._loop:  # otherwise a listener for a newer loop has taken its place
            self._stop_listening()

    def _stop_listening(self) -> None:
        if self._listener:
            self._listener.stop()
            self._listener = None

    def _wake_all(self) -> None:
        """Wake all readers without a value."""
        for subscription in self._all_subscriptions():
            subscription.deliver(None)

    def _deliver(self, payloads: Sequence[str]) -> None:
        """Deliver the values to the subscriptions to their topics."""
        for payload in payloads:
            topic, _, value = payload.partition(" ")
            if value.isascii() and value.isdigit():  # any database role may notify, with any payload
                for subscription in self._subscriptions.get(topic, ()):
                    subscription.deliver(int(value))

    def _all_subscriptions(self) -> list[Subscription]:
        """Return all subscriptions."""
        return [subscription for topic in self._subscriptions.values() for subscription in topic]
