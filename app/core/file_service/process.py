"""The process of the service: its user, its folder, its socket."""

import atexit
import gc
import os
import shutil
import signal
import socket
import sys
import sysconfig
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from app.core.file_service.confinement import SOURCE_ROOT
from app.core.file_service.service import FileService
from app.core.file_service.tasks import TASKS, load_task

SERVICE_USER: Final = 10002
"""User and group that the service becomes if it was started as root; that of its container image."""
SOCKET_MODE: Final = 0o660
"""Its folder has the group of portal and worker, and gives it to what is made there (setgid)."""
NEEDED_FOLDERS: Final = tuple(
    folder.resolve() for folder in (Path(os.__file__).parent, Path(sysconfig.get_path("purelib")), SOURCE_ROOT / "app")
)
"""Python's own library, the packages and the source: what is not imported yet is read from there."""
CLOSED_FOLDER: Final = (
    "Files cannot be opened: the user %d, under which that is done, may not enter the folder %s."
    " Use a Python, and a folder of the project, that every user may enter: for example, remove the folder .venv and"
    " say make demo PYTHON=/usr/bin/python3."
)
BACKLOG: Final = 64
MAX_TEMPORARY_PATH: Final = 24
"""LibreOffice makes a socket in the folder of its task, and the path of a socket has at most 107 bytes."""


def serve_child(requests: int, soffice: str) -> None:
    """Serve the process that started this one, on the socket with this descriptor, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; the socket says when to end
    leave_root()
    _build_service(soffice).serve_sockets([socket.socket(fileno=requests)])


def serve_socket(path: Path, soffice: str) -> None:
    """Listen on a socket at `path` until SIGTERM. Raises OSError if it cannot be made."""
    load_all_tasks()
    leave_root()
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mask = os.umask(0o777 & ~SOCKET_MODE)
    listener.bind(str(path))
    os.umask(mask)
    listener.listen(BACKLOG)
    service = _build_service(soffice)
    signal.signal(signal.SIGTERM, lambda *_: _stop())
    try:
        service.serve_sockets([], listener)
    finally:
        path.unlink(missing_ok=True)


def _build_service(soffice: str) -> FileService:
    """Build the service, with a folder of its own that is removed at the end."""
    os.umask(0o077)
    sys.dont_write_bytecode = True
    usual = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="cwg-files-", dir=usual if len(usual) <= MAX_TEMPORARY_PATH else "/tmp"))  # noqa: S108
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))
    service = FileService(folder, soffice)
    gc.freeze()
    return service


def load_all_tasks() -> None:
    """Import what all tasks need; the status says which ones are not available."""
    for name in TASKS:
        with suppress(ImportError, OSError):
            load_task(name)


def leave_root() -> None:
    """Become a user of its own, if this process is root's. Exits with a message if that user could not read what the
    service needs."""
    if os.geteuid() != 0:
        return
    for folder in NEEDED_FOLDERS:
        if not is_open_to_all(folder):
            sys.exit(CLOSED_FOLDER % (SERVICE_USER, folder))
    os.setgroups([])
    os.setresgid(SERVICE_USER, SERVICE_USER, SERVICE_USER)
    os.setresuid(SERVICE_USER, SERVICE_USER, SERVICE_USER)
    tempfile.tempdir = None  # found again, as root's may be closed to this user


def is_open_to_all(folder: Path) -> bool:
    """Tell whether any user may enter a folder and all above it."""
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


def _stop() -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)
