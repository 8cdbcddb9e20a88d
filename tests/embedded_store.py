"""Where root's PostgreSQL clusters lie during a run of the tests: in memory.

A cluster has a thousand files. Creating them on a disk costs more than what most tests do with the cluster.
"""

import os
from pathlib import Path
from tempfile import mkdtemp

from app.embedded import folders

STORE = "CWG_TESTS_EMBEDDED"  # set for the processes of one run


def create_store_in_memory(memory: Path) -> Path:
    """Create a store for this process and those that it starts; the caller removes it."""
    store = Path(mkdtemp(prefix="cwg-embedded-", dir=memory))
    store.chmod(0o755)
    os.environ[STORE] = str(store)
    use_store_of_run()
    return store


def use_store_of_run() -> None:
    """Use the store that the process of the run created, if it created one."""
    if STORE in os.environ:
        folders.ROOT_STORE = Path(os.environ[STORE])
