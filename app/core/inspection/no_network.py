"""Denies socket(2) for good by a filter of system calls (seccomp(2)), which needs no privilege and no namespace.

The filter denies system calls of another architecture and socket(2) with EPERM; all others pass.
"""

import ctypes
import platform
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
BPF_LOAD, BPF_JUMP_IF_EQUAL, BPF_RETURN = 0x20, 0x15, 0x06  # classic BPF
SECCOMP_ALLOW, SECCOMP_DENY = 0x7FFF0000, 0x00050001  # the latter: EPERM
CALL_OFFSET, MACHINE_OFFSET = 0, 4  # offsets in struct seccomp_data
# Audit number of the architecture, and number of socket(2) on it.
SOCKET_CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


class BpfProgram(ctypes.Structure):
    """struct sock_fprog of the kernel."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def deny_sockets(libc: ctypes.CDLL) -> bool:
    """Install the filter and return whether it is active; false on other architectures. Requires
    PR_SET_NO_NEW_PRIVS."""
    if platform.machine() not in SOCKET_CALLS:
        return False
    architecture, socket_call = SOCKET_CALLS[platform.machine()]
    instructions = (
        (BPF_LOAD, 0, 0, MACHINE_OFFSET),
        (BPF_JUMP_IF_EQUAL, 0, 2, architecture),
        (BPF_LOAD, 0, 0, CALL_OFFSET),
        (BPF_JUMP_IF_EQUAL, 0, 1, socket_call),
        (BPF_RETURN, 0, 0, SECCOMP_DENY),
        (BPF_RETURN, 0, 0, SECCOMP_ALLOW),
    )
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    return bool(
        libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(BpfProgram(len(instructions), code)), 0, 0) == 0
    )
