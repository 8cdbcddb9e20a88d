"""The services that open files which this process has started."""

import os
from collections.abc import Iterator

from app.core.file_service import client


def list_child_processes() -> Iterator[int]:
    """Yield their numbers."""
    for (owner, _options), connection in client._connections.items():
        if owner == os.getpid() and connection.process and connection.is_alive():
            yield connection.process.pid
