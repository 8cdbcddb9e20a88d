"""Gives up opening sockets for good, by a filter of system calls (seccomp(2)): no right and no namespace is needed.

Five instructions: of another machine's calls, and of socket(2), nothing comes; everything else passes.
"""

import ctypes
import platform
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # classic BPF
ALLOW, DENY = 0x7FFF0000, 0x00050001  # the latter: EPERM
CALL, MACHINE = 0, 4  # where struct seccomp_data holds them
# The audit number of the machine, and the number that socket(2) has there.
KNOWN = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def give_up_sockets(libc: ctypes.CDLL) -> bool:
    """Whether it was given up; a machine that is not known here keeps it. PR_SET_NO_NEW_PRIVS comes before."""
    if platform.machine() not in KNOWN:
        return False
    machine, call = KNOWN[platform.machine()]
    steps = (
        (LOAD, 0, 0, MACHINE),
        (JUMP_IF_EQUAL, 0, 2, machine),
        (LOAD, 0, 0, CALL),
        (JUMP_IF_EQUAL, 0, 1, call),
        (RETURN, 0, 0, DENY),
        (RETURN, 0, 0, ALLOW),
    )
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Program(len(steps), code)), 0, 0) == 0)
