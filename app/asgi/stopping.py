"""Notice a shutdown before the server waits for its responses to end: an endless response has to be told to end.

Uvicorn waits for all responses first and informs the application afterwards, so its signals are handled here as well.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.core.errors import Unavailable
from app.core.i18n import say

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """Set once the process is asked to stop: from then on it is not ready and closes connections after the next
    response."""

    def __init__(self) -> None:
        self.is_told = False

    @contextmanager
    def heard(self, act: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Context manager: set the flag on a shutdown signal, then call `callback`."""

        def set_and_call() -> None:
            self.is_told = True
            act()

        with when_told_to_stop(set_and_call):
            yield

    def insist_on_staying(self) -> None:
        """Raises Unavailable once the process is asked to stop; for /readyz."""
        if self.is_told:
            raise Unavailable(say("This server is being stopped."))


@contextmanager
def when_told_to_stop(act: Callable[[], None]) -> Iterator[None]:
    """Context manager: call `callback` on SIGTERM or SIGINT, then the handler that was installed before."""
    if threading.current_thread() is not threading.main_thread():  # signals are delivered to the main thread only
        yield
        return
    previous = {number: signal.getsignal(number) for number in SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        act()
        handler = previous[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, handler or signal.SIG_DFL)
            signal.raise_signal(number)

    for number in SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in previous.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, handler)
