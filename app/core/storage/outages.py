"""What a store or a disk that fails answers: one sentence for the person who waits, and the cause for the operator.

The cause is logged at most once a minute, as long as it stays the same: a store that is away is asked by every request.
"""

import errno
import time
from collections.abc import Hashable
from threading import Lock
from typing import Final

import structlog

from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _

REPEAT_SECONDS: Final = 60.0
MAX_CAUSE_LENGTH: Final = 400

log = structlog.get_logger(__name__)


class OutageLog:
    """Writes a line for each cause, and the same again only after `REPEAT_SECONDS`."""

    def __init__(self) -> None:
        self._written: dict[Hashable, float] = {}
        self._lock = Lock()

    def note(self, cause: str, key: Hashable) -> None:
        """Write the cause, unless one of the same key was written just now."""
        now = time.monotonic()
        with self._lock:
            if now - self._written.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
                return
            self._written[key] = now
        log.error("the file storage does not answer", cause=cause)


outages = OutageLog()


def describe_disk_error(error: OSError, place: object = "") -> str:
    """Describe an error of the disk for an operator: path, what the system says, and its symbol."""
    symbol = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return f"{error.filename or place or 'a file'}: {error.strerror or 'failed'} ({symbol})"


def build_disk_unavailable_error(error: OSError, place: object = "") -> Unavailable:
    """Build the error for a disk that fails, and log its cause."""
    cause = describe_disk_error(error, place)
    outages.note(cause, (error.errno, str(place)))
    return _build_error(cause)


def build_bucket_unavailable_error(error: Exception, bucket: str) -> Unavailable:
    """Build the error for a bucket that does not answer, and log what it said: status, code, number of the request."""
    cause = f"s3://{bucket}: {' '.join(str(error).split())}"[:MAX_CAUSE_LENGTH]
    outages.note(cause, (type(error).__name__, bucket))
    return _build_error(cause)


def _build_error(cause: str) -> Unavailable:
    return Unavailable(_("The file storage is not responding. Nothing was saved. Try again in a few minutes."), cause)
