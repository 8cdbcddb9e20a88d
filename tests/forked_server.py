"""What the fork server imports before its first fork (`tests/forked.py`); excluded from garbage collection."""

import gc

gc.disable()

import app.__main__  # noqa: E402
import app.cli.operations  # noqa: E402
import app.server.portal  # noqa: E402
import app.server.read_path  # noqa: E402
import app.worker.app  # noqa: E402, F401

gc.freeze()
gc.enable()
