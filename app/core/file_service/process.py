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
from secrets import token_hex
from typing import Final

from app.core.file_service.confinement import SOURCE_ROOT
from app.core.file_service.folders import list_left_folders, make_service_folder
from app.core.file_service.service import FileService
from app.core.file_service.tasks import TASKS, load_task
from app.core.file_service.typefaces import list_typefaces

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


def serve_child(requests: int, soffice: str, *, best_effort: bool) -> None:
    """Serve the process that started this one, on the socket with this descriptor, until it ends. `best_effort` takes
    what isolation the system gives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; the socket says when to end
    leave_root()
    build_service(soffice, best_effort=best_effort).serve_sockets([socket.socket(fileno=requests)])


def serve_socket(path: Path, soffice: str) -> None:
    """Listen on a socket at `path` until SIGTERM. Raises OSError if it cannot be made."""
    stop = receive_stop_signal()
    load_all_tasks()
    leave_root()
    listener, number = listen_at(path)
    try:
        build_service(soffice).serve_sockets([], listener, stop)
    finally:
        with suppress(FileNotFoundError):
            if path.stat().st_ino == number:  # not of a service that was started after this one
                path.unlink()


def receive_stop_signal() -> socket.socket:
    """Return a socket from which can be read once SIGTERM has come, from now on."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.detach())
    signal.signal(signal.SIGTERM, lambda *_: None)
    return reading


def listen_at(path: Path) -> tuple[socket.socket, int]:
    """Listen on a socket at `path`, in place of what is there; return it and the number of its file. Raises OSError."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    made = path.with_name(f"{path.name}.{token_hex(4)}")
    mask = os.umask(0o777 & ~SOCKET_MODE)
    listener.bind(str(made))
    os.umask(mask)
    listener.listen(BACKLOG)
    number = made.stat().st_ino
    made.rename(path)
    return listener, number


def build_service(soffice: str, *, best_effort: bool = False) -> FileService:
    """Build the service, with a folder of its own that is removed at the end."""
    os.umask(0o077)
    sys.dont_write_bytecode = True
    folder = make_service_folder()
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))
    list_typefaces()
    service = FileService(folder, soffice, best_effort)
    for left in list_left_folders(folder.parent):
        service.remove_folder(left)
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
