"""Landlock: a process gives up all files but those below named folders, TCP, and what lies outside of its domain.

It needs no privilege and no namespace. Source: Documentation/userspace-api/landlock.rst of Linux; the structures and
numbers are of include/uapi/linux/landlock.h. Each version of the ABI restricts more: 2 renaming between folders, 3
truncation, 4 TCP, 5 devices, 6 signals and abstract Unix sockets.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # system calls, the same on all architectures
RULE_PATH_BENEATH, VERSION_FLAG = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, IOCTL_DEVICE = 1 << 14, 1 << 15
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
"""Rights that a rule about a file, not a folder, can give."""
READ_RIGHTS = EXECUTE | READ_FILE | READ_DIR
TCP_RIGHTS, SCOPES = 0b11, 0b11  # bind and connect; abstract Unix sockets and signals
FILE_RIGHT_BITS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights about files an ABI has; later ones have as many as the last."""


class LandlockRestrictions(NamedTuple):
    """What Landlock restricts for this process."""

    files: bool = False
    tcp: bool = False
    scopes: bool = False


def get_landlock_version(libc: ctypes.CDLL | None = None) -> int:
    """Return the version of the ABI; 0 if the kernel has none, or it is switched off."""
    libc = libc or ctypes.CDLL(None)
    return int(max(0, libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION_FLAG))))


def restrict_with_landlock(
    libc: ctypes.CDLL, readable: Iterable[Path], writable: Iterable[Path]
) -> LandlockRestrictions:
    """Restrict this process to reading and executing below `readable`, and to doing anything below `writable`.

    Paths that do not exist are left out. Requires PR_SET_NO_NEW_PRIVS.
    """
    version = get_landlock_version(libc)
    if not version:
        return LandlockRestrictions()
    rights = (1 << FILE_RIGHT_BITS.get(version, FILE_RIGHT_BITS[5])) - 1
    has_tcp, has_scopes = version >= 4, version >= 6
    attributes = struct.pack("QQQ", rights, TCP_RIGHTS * has_tcp, SCOPES * has_scopes)
    size = 24 if has_scopes else 16 if has_tcp else 8
    ruleset = libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return LandlockRestrictions()
    try:
        for allowed, paths in ((READ_RIGHTS, readable), (rights, writable)):
            for path in paths:
                with suppress(FileNotFoundError, PermissionError):
                    _allow_beneath(libc, ruleset, path, allowed & rights)
        is_restricted = libc.syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)
    return LandlockRestrictions(is_restricted, is_restricted and has_tcp, is_restricted and has_scopes)


def _allow_beneath(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    """Add a rule for a file, or for a folder and all below it. Raises OSError if it cannot be opened."""
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= FILE_RIGHTS
        rule = struct.pack("=Qi", rights, opened)
        libc.syscall(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(RULE_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(opened)
