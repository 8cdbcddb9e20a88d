"""Files of each person that were refused a short while ago: who hands in one after the other pauses, not their State.

In memory, for each process: it bounds work, and is no record.
"""

from collections import OrderedDict, deque
from threading import Lock
from time import monotonic
from typing import Final
from uuid import UUID

from app.core.errors import TooManyRequests
from app.core.i18n import lazy_gettext as _

MAX_REFUSED_FILES: Final = 10
WINDOW_SECONDS: Final = 600.0
MAX_PERSONS: Final = 10_000


class RefusedFileCounter:
    """Counts refused files by person, those of the last `WINDOW_SECONDS`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._refused_at: OrderedDict[UUID, deque[float]] = OrderedDict()

    def count_refusal(self, person: UUID) -> None:
        """Count a file of this person that was refused just now."""
        with self._lock:
            times = self._refused_at.setdefault(person, deque(maxlen=MAX_REFUSED_FILES))
            times.append(monotonic())
            self._refused_at.move_to_end(person)
            if len(self._refused_at) > MAX_PERSONS:
                self._refused_at.popitem(last=False)

    def require_no_pause(self, person: UUID) -> None:
        """Raise TooManyRequests if `MAX_REFUSED_FILES` of this person were refused within the window."""
        with self._lock:
            times = self._refused_at.get(person, deque())
            left = times[0] + WINDOW_SECONDS - monotonic() if len(times) >= MAX_REFUSED_FILES else 0.0
        if left > 0:
            raise TooManyRequests(
                _(
                    "%(count)s of your files were refused within ten minutes. Read the findings, and wait "
                    "%(minutes)s minutes before you upload the next file.",
                    count=MAX_REFUSED_FILES,
                    minutes=int(left // 60) + 1,
                )
            )
