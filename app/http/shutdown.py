"""Notice a shutdown before the server waits for its responses to end: an endless response has to be asked to end.

Uvicorn waits for all responses first and informs the application afterwards, so its signals are handled here as well.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _

SHUTDOWN_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class ShutdownFlag:
    """Set once the process is asked to stop: from then on it is not ready and closes connections after the next
    response."""

    def __init__(self) -> None:
        self.is_shutting_down = False

    @contextmanager
    def watch_signals(self, callback: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Context manager: set the flag on a shutdown signal, then call `callback`."""

        def set_and_call() -> None:
            self.is_shutting_down = True
            callback()

        with on_shutdown_signal(set_and_call):
            yield

    def require_running(self) -> None:
        """Raises Unavailable once the process is asked to stop; for /readyz."""
        if self.is_shutting_down:
            raise Unavailable(_("This server is being stopped."))


@contextmanager
def on_shutdown_signal(callback: Callable[[], None]) -> Iterator[None]:
    """Context manager: call `callback` on SIGTERM or SIGINT, then the handler that was installed before."""
    if threading.current_thread() is not threading.main_thread():  # signals are delivered to the main thread only
        yield
        return
    previous = {number: signal.getsignal(number) for number in SHUTDOWN_SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        callback()
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
