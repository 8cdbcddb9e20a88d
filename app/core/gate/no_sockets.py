"""Denies socket(2) for good by a filter of system calls (seccomp(2)), which needs no privilege and no namespace.

The filter denies system calls of another architecture and socket(2) with EPERM; all others pass.
"""

import ctypes
import platform
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # classic BPF
ALLOW, DENY = 0x7FFF0000, 0x00050001  # the latter: EPERM
CALL, MACHINE = 0, 4  # offsets in struct seccomp_data
# Audit number of the architecture, and number of socket(2) on it.
KNOWN = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


class Program(ctypes.Structure):
    """struct sock_fprog of the kernel."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def give_up_sockets(libc: ctypes.CDLL) -> bool:
    """Install the filter and return whether it is active; false on other architectures. Requires
    PR_SET_NO_NEW_PRIVS."""
    if platform.machine() not in KNOWN:
        return False
    architecture, socket_call = KNOWN[platform.machine()]
    instructions = (
        (LOAD, 0, 0, MACHINE),
        (JUMP_IF_EQUAL, 0, 2, architecture),
        (LOAD, 0, 0, CALL),
        (JUMP_IF_EQUAL, 0, 1, socket_call),
        (RETURN, 0, 0, DENY),
        (RETURN, 0, 0, ALLOW),
    )
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    return bool(
        libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Program(len(instructions), code)), 0, 0) == 0
    )
