"""Being told to stop, before the server waits for its answers to end: an answer without an end has to hear of it.

Uvicorn waits for every answer first and tells the application afterwards, so its signals are heard here as well.
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
    """Whether this process was told to stop. From then on it is not ready, and every line ends with its next answer."""

    def __init__(self) -> None:
        self.is_told = False

    @contextmanager
    def heard(self, act: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hear it until the end of the block; then also do this at once."""

        def both() -> None:
            self.is_told = True
            act()

        with when_told_to_stop(both):
            yield

    def insist_on_staying(self) -> None:
        """For /readyz. Raises Unavailable."""
        if self.is_told:
            raise Unavailable(say("This server is being stopped."))


@contextmanager
def when_told_to_stop(act: Callable[[], None]) -> Iterator[None]:
    """Do this at once when the process is told to stop; then what would have happened without us."""
    if threading.current_thread() is not threading.main_thread():  # no signal arrives here
        yield
        return
    before = {each: signal.getsignal(each) for each in SIGNALS}

    def heard(number: int, frame: FrameType | None) -> None:
        act()
        then = before[signal.Signals(number)]
        if callable(then):
            then(number, frame)
        else:
            signal.signal(number, then or signal.SIG_DFL)
            signal.raise_signal(number)

    for each in SIGNALS:
        signal.signal(each, heard)
    try:
        yield
    finally:
        for each, handler in before.items():
            if signal.getsignal(each) is heard:
                signal.signal(each, handler)
