"""Stop a server so that no request is lost while another server takes over.

1. Drain, on SIGTERM: the server is not ready, every response closes its connection, endless responses end. Requests are
   served as before, so a proxy has time to see that the server is not ready.
2. Hand-over: a request that can be repeated is answered 502. nginx sends it to the other server and counts this one as
   failed (`proxy_next_upstream http_502`, `max_fails`), so it opens no connection that the end of the port would reset.
   What must not be sent twice is still served.
3. Uvicorn gets the signal: it closes its port and completes the running requests.

Uvicorn stops at the signal, and informs the application only when all responses have ended, so its signal handlers are
wrapped here. A second signal, or SIGINT, skips the first two steps.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Final

from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _

SHUTDOWN_SIGNALS = (signal.SIGTERM, signal.SIGINT)
HAND_OVER_SECONDS: Final = 0.5
"""Seconds of the hand-over: shorter than the second in which nginx leaves a failed server alone (`fail_timeout`)."""


def seconds_until_port_closes(drain_seconds: float) -> float:
    """Return how long after SIGTERM a server accepts connections."""
    return drain_seconds + HAND_OVER_SECONDS if drain_seconds else 0


class GracefulShutdown:
    """Which step of its shutdown a server has reached. Without `drain_seconds` it has the last step only."""

    def __init__(self, drain_seconds: float = 0) -> None:
        self.is_shutting_down = self.is_handing_over = False
        self._drain_seconds = drain_seconds

    @asynccontextmanager
    async def watch_signals(self, end_streams: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
        """Context manager: take the steps on a shutdown signal, and call `end_streams` at the first."""
        loop = asyncio.get_running_loop()

        def must_wait(number: int) -> bool:
            is_first, self.is_shutting_down = not self.is_shutting_down, True
            end_streams()
            if not (is_first and number == signal.SIGTERM and self._drain_seconds):
                return False
            loop.call_soon_threadsafe(self._schedule_steps, loop)
            return True

        with intercept_shutdown_signals(must_wait):
            yield

    def _schedule_steps(self, loop: asyncio.AbstractEventLoop) -> None:
        """Schedule the hand-over and, after it, a second signal."""
        loop.call_later(self._drain_seconds, self._start_hand_over)
        loop.call_later(seconds_until_port_closes(self._drain_seconds), signal.raise_signal, signal.SIGTERM)

    def _start_hand_over(self) -> None:
        self.is_handing_over = True

    def require_running(self) -> None:
        """Raises Unavailable once the process is asked to stop; for /readyz."""
        if self.is_shutting_down:
            raise Unavailable(_("This server is being shut down."))


@contextmanager
def intercept_shutdown_signals(must_wait: Callable[[int], bool]) -> Iterator[None]:
    """Context manager: ask `must_wait` about every SIGTERM and SIGINT; unless it does, the handler that was installed
    before is called."""
    if threading.current_thread() is not threading.main_thread():  # signals are delivered to the main thread only
        yield
        return
    previous = {number: signal.getsignal(number) for number in SHUTDOWN_SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        if must_wait(number):
            return
        handler = previous[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, handler or signal.SIG_DFL)
            signal.raise_signal(number)

    for number in SHUTDOWN_SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in previous.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, handler)
