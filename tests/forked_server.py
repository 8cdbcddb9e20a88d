"""What the fork server imports before its first fork (`tests/forked.py`); excluded from garbage collection.

It also builds the portal once, as what FastAPI and Pydantic keep of its routes makes the next ones cheaper.
"""

import gc

gc.disable()

import app.__main__  # noqa: E402
import app.cli.operations  # noqa: E402
import app.server.portal  # noqa: E402
import app.server.read_path  # noqa: E402
import app.worker.app  # noqa: E402, F401
import tests.faults.secretary  # noqa: E402, F401
from tests.embedded_store import use_store_of_run  # noqa: E402
from tests.portal_app import build_shared_portal  # noqa: E402

use_store_of_run()
build_shared_portal()
gc.collect()
gc.freeze()
gc.enable()
