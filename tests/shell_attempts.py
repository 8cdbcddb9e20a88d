"""What a shell in the place of the converter, or of a parser, tries: to read, write, reach and see what is not its own.

It is written into the program that is started in place of LibreOffice, and run as a task of the service; it imports
nothing of the portal. Each attempt says whether it succeeded.
"""

import ctypes
import fcntl
import json
import os
import resource
import socket
import time
from collections.abc import Callable, Mapping
from typing import BinaryIO

ATTEMPTS: dict[str, str] = {
    "store": "read a file of the store",
    "draft": "read the file of a draft that is being uploaded",
    "secret": "read a secret (`/run/secrets`)",
    "task": "read the document of another task",
    "list": "list the folder of the store",
    "write": "write next to the files of the store",
    "service": "read the environment of the process that started it (`/proc/PPID/environ`)",
    "portal": "read the environment of the portal (`/proc/PID/environ`)",
    "descriptors": "use a descriptor of the service or the portal",
    "database": "connect to the database's socket",
    "tcp": "connect to the database or the portal over TCP",
    "udp": "send a datagram",
    "abstract": "connect to an abstract socket",
    "see": "see other processes (`/proc`)",
    "kill": "send a signal to another process",
    "order": "have the kernel send a signal to another process (`F_SETOWN`)",
    "limits": "change the limits of another process (`prlimit64`)",
    "schedule": "change the priority of another process, or its processors",
    "mode": "change the mode of a file of the store",
    "attribute": "set an attribute of a file of the store",
    "truncate": "cut off a file of the store",
    "watch": "watch the folder of the store",
    "datagram": "send a datagram to a Unix socket",
    "segment": "leave memory that goes on without it (System V)",
    "memory": "take memory outside of its limits (`memfd_create`)",
    "privileges": "get privileges in a namespace of its own",
    "leave": "leave a process that goes on",
}
"""Each attempt, in words."""


def reads(path: str) -> bool:
    with open(path, "rb") as file:  # noqa: PTH123 - no import that is not needed
        return bool(file.read(16))


def writes(path: str) -> bool:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
    os.unlink(path)  # noqa: PTH108
    return True


def connects(family: int, address: object) -> bool:
    with socket.socket(family) as connection:
        connection.settimeout(2)
        connection.connect(address)
    return True


def sends(address: tuple[str, int]) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        return bool(connection.sendto(b"x", address))


def has_descriptors(most: int) -> bool:
    opened = 0
    for descriptor in range(3, 256):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        opened += 1
    return opened > most


def signals(process: int) -> bool:
    os.kill(process, 0)
    return True


def orders_signal(process: int) -> bool:
    """The owner of a pipe is sent a signal of the caller's choice when something is written to it."""
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, process)
    fcntl.fcntl(reading, fcntl.F_SETSIG, 0)
    os.close(reading)
    os.close(writing)
    return True


def changes_limits(process: int) -> bool:
    _soft, hard = resource.prlimit(process, resource.RLIMIT_CORE)
    resource.prlimit(process, resource.RLIMIT_CORE, (0, hard))
    return True


def changes_schedule(process: int) -> bool:
    attempts = (
        lambda: os.setpriority(os.PRIO_PROCESS, process, 10),
        lambda: os.sched_setscheduler(process, os.SCHED_BATCH, os.sched_param(0)),
        lambda: os.sched_setaffinity(process, os.sched_getaffinity(0)),
    )
    return any([_succeeds(lambda attempt=attempt: attempt() is None) for attempt in attempts])  # noqa: C419 - each


def sends_to_path(path: str) -> bool:
    for sender in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM):
        with sender:
            sender.sendto(b"x", path)
    return True


def sets_attribute(path: str) -> bool:
    os.setxattr(path, "user.planted", b"x")
    return True


def watches(path: str) -> bool:
    libc = ctypes.CDLL(None)
    descriptor = libc.inotify_init1(0)
    watching = libc.inotify_add_watch(descriptor, path.encode(), 0x100) >= 0
    if descriptor >= 0:
        os.close(descriptor)
    return watching


def takes_memory() -> bool:
    os.close(os.memfd_create("x"))
    return True


def leaves_segment() -> bool:
    libc = ctypes.CDLL(None)
    made = [libc.shmget(0, 4096, 0o1600), libc.msgget(0, 0o1600), libc.semget(0, 1, 0o1600)]
    for remove, number in zip((libc.shmctl, libc.msgctl), made, strict=False):
        remove(number, 0, None)
    libc.semctl(made[2], 0, 0)
    return max(made) >= 0


def leaves_process() -> bool:
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
        os._exit(0)
    return True


def try_everything(targets: Mapping[str, object], own_descriptors: int) -> dict[str, bool]:
    """Try each of ATTEMPTS; tell which succeeded."""
    port = ("127.0.0.1", int(str(targets["port"])))
    process, service = int(str(targets["process"])), int(str(targets["service"]))
    attempts: dict[str, Callable[[], bool]] = {
        **{name: lambda name=name: reads(str(targets[name])) for name in ("store", "draft", "secret", "task")},
        "list": lambda: bool(os.listdir(str(targets["folder"]))),  # noqa: PTH208
        "write": lambda: writes(f"{targets['folder']}/planted"),
        "service": lambda: reads(f"/proc/{service}/environ"),
        "portal": lambda: reads(f"/proc/{process}/environ"),
        "descriptors": lambda: has_descriptors(own_descriptors),
        "database": lambda: connects(socket.AF_UNIX, targets["database"]),
        "tcp": lambda: connects(socket.AF_INET, port),
        "udp": lambda: sends(port),
        "abstract": lambda: connects(socket.AF_UNIX, "\0" + str(targets["abstract"])),
        "see": lambda: str(process) in os.listdir("/proc"),  # noqa: PTH208
        "kill": lambda: signals(process),
        "order": lambda: orders_signal(process),
        "limits": lambda: changes_limits(process),
        "schedule": lambda: changes_schedule(process),
        "mode": lambda: os.chmod(str(targets["store"]), 0o600) is None,  # noqa: PTH101
        "attribute": lambda: sets_attribute(str(targets["store"])),
        "truncate": lambda: os.truncate(str(targets["cut"]), 0) is None,
        "watch": lambda: watches(str(targets["folder"])),
        "datagram": lambda: sends_to_path(str(targets["letters"])),
        "segment": leaves_segment,
        "memory": takes_memory,
        "leave": leaves_process,
        "privileges": lambda: ctypes.CDLL(None).unshare(0x10000000) == 0,
    }
    return {name: _succeeds(attempts[name]) for name in ATTEMPTS}


def _succeeds(attempt: Callable[[], bool]) -> bool:
    try:
        return attempt()
    except OSError:
        return False


def read_attempts(source: BinaryIO, _arguments: bytes) -> bytes:
    """A task of the service: try what the source names, and answer."""
    own = 1  # the arguments
    return json.dumps(try_everything(json.load(source), own_descriptors=own)).encode()


def write_attempts(targets: Mapping[str, object]) -> None:
    """A converter: try, and write the answer where the PDF is expected, which its sender sees."""
    tried = try_everything(targets, own_descriptors=1)  # the program itself, which the interpreter reads
    os.mkdir("out")  # noqa: PTH102
    with open("out/document.pdf", "w") as file:  # noqa: PTH123
        json.dump(tried, file)
