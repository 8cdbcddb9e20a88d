"""What a shell in the place of the converter, or of a parser, tries: to read, write, reach and see what is not its own.

It is written into the program that is started in place of LibreOffice, and run as a task of the service; it imports
nothing of the portal. Each attempt says whether it succeeded.
"""

import ctypes
import json
import os
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
