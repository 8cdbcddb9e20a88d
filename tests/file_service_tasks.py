"""Tasks of the service for tests: they say what their process may use, write, wait, or start to."""

import ctypes
import json
import resource
import time
from pathlib import Path
from typing import BinaryIO

LIMITS = ("AS", "CPU", "FSIZE", "NOFILE", "CORE")
PR_GET_DUMPABLE = 3


def say_limits(_source: BinaryIO, _arguments: bytes) -> bytes:
    """Return the limits of this process, and whether others of its user may read its memory."""
    said = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in LIMITS}
    return json.dumps(said | {"dumpable": ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)}).encode()


def write_file(_source: BinaryIO, _arguments: bytes) -> bytes:
    """Leave files in the folder of the task."""
    Path("left/in/folders").mkdir(parents=True)
    Path("left/file").write_bytes(b"x" * 4096)
    return str(Path.cwd()).encode()


def wait_long(_source: BinaryIO, _arguments: bytes) -> bytes:
    """Take longer than a test."""
    time.sleep(600)
    return b""
