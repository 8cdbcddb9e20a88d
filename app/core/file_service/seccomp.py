"""Denies system calls for good by a filter (seccomp(2)), which needs no privilege and no namespace.

A task that reads a file has the calls that reading needs, and no others: no sockets, no new processes, no signals. The
converter loses the network, other processes, mounts, namespaces, keys, and io_uring, which would go around the
filter; it keeps Unix sockets of its own, to which nothing but itself can connect, and may start programs.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from app.core.file_service.system_calls import ALLOWED_TO_READERS, CALLS, DENIED_TO_CONVERTER

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, JUMP_EQUAL, JUMP_ABOVE, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF
ALLOW, DENY, NOT_IMPLEMENTED, NO_ACCESS = 0x7FFF0000, 0x00050001, 0x00050026, 0x0005000D  # EPERM, ENOSYS, EACCES
ACCESS_TO_WRITE = 2
NUMBER_OFFSET, ARCHITECTURE_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16  # in struct seccomp_data
X32_CALLS: Final = 0x40000000
"""From this number on, calls of x86-64 are those of another form (x32)."""
ARCHITECTURES: Final = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""Audit number of an architecture, and its column in CALLS."""
AF_UNIX, SOCK_STREAM, SOCKET_TYPES = 1, 1, 0xF
CLONE_THREAD, CLONE_NAMESPACES = 0x00010000, 0x7E020000

# Commands and options of calls; the numbers are the same on both architectures.
F_SETOWN, F_SETSIG, F_SETOWN_EX, FIOSETOWN, SIOCSPGRP = 8, 10, 15, 0x8901, 0x8902
"""With these the kernel sends a signal to a process that the caller names."""
FCNTL_COMMANDS: Final = (0, 1030, 1, 2, 3, 4)  # F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL
IOCTL_COMMANDS: Final = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5450, 0x5451)
"""TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX: what Python asks of a file that it opens."""
PRCTL_OPTIONS: Final = (1, 3, 15, 16, 23, 39, 0x53564D41)
"""PR_SET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS, PR_SET_VMA."""
Instruction = tuple[int, int, int, int]
"""Operation, jump if true, jump if false, operand."""


class BpfProgram(ctypes.Structure):
    """struct sock_fprog of the kernel."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


class CallRule(NamedTuple):
    """What a call returns, if one of its arguments meets a condition: `operation` with `operand` on its lower half."""

    call: str
    result: int
    argument: int | None = None
    operation: int = JUMP_EQUAL
    operand: int = 0
    mask: int | None = None
    negated: bool = False


def list_reader_rules(process: int) -> Iterator[CallRule]:
    """Yield the rules of a task that reads; there is no call for it but those that they allow."""
    yield from (CallRule(name, ALLOW) for name in ALLOWED_TO_READERS)
    for call, argument, operands in (
        ("fcntl", 1, FCNTL_COMMANDS),
        ("ioctl", 1, IOCTL_COMMANDS),
        ("prctl", 0, PRCTL_OPTIONS),
        ("prlimit64", 0, (0,)),  # of itself
        ("tgkill", 0, (process,)),
    ):
        yield from (CallRule(call, ALLOW, argument, operand=operand) for operand in operands)
    yield CallRule("clone", ALLOW, 0, JUMP_SET, CLONE_THREAD)


def list_converter_rules(process: int | None) -> Iterator[CallRule]:
    """Yield the rules of the converter. `process` is the only one that it may send a signal; None if it may to all that
    it sees."""
    yield from (CallRule(name, DENY) for name in DENIED_TO_CONVERTER)
    yield CallRule("prlimit64", DENY, 0, operand=0, negated=True)  # of another process
    yield from (CallRule("fcntl", DENY, 1, operand=each) for each in (F_SETOWN, F_SETSIG, F_SETOWN_EX))
    yield from (CallRule("ioctl", DENY, 1, operand=each) for each in (FIOSETOWN, SIOCSPGRP))
    yield CallRule("clone3", NOT_IMPLEMENTED)  # its arguments cannot be seen; glibc then uses clone
    if process is not None:
        yield CallRule("tgkill", DENY, 0, operand=process, negated=True)
    yield CallRule("socket", DENY, 0, operand=AF_UNIX, negated=True)
    yield from (
        CallRule(call, DENY, 1, operand=SOCK_STREAM, mask=SOCKET_TYPES, negated=True)
        for call in ("socket", "socketpair")
    )
    yield CallRule("clone", DENY, 0, JUMP_SET, CLONE_NAMESPACES)
    # LibreOffice makes its socket in /tmp if it may write there, and in OSL_SOCKET_PATH if not.
    yield CallRule("access", NO_ACCESS, 1, operand=ACCESS_TO_WRITE)
    yield CallRule("faccessat", NO_ACCESS, 2, operand=ACCESS_TO_WRITE)


def deny_calls(libc: ctypes.CDLL, *, runs_programs: bool, process: int | None = None) -> bool:
    """Install the filter and return whether it is active; false on other architectures. Requires
    PR_SET_NO_NEW_PRIVS."""
    if platform.machine() not in ARCHITECTURES:
        return False
    instructions = build_filter(platform.machine(), runs_programs=runs_programs, process=process)
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    program = BpfProgram(len(instructions), code)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def build_filter(machine: str, *, runs_programs: bool, process: int | None = None) -> list[Instruction]:
    """Build the filter of the converter, or of a task that reads, for a machine of `ARCHITECTURES`."""
    architecture, column = ARCHITECTURES[machine]
    instructions: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE_OFFSET),
        (JUMP_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, DENY),
        (LOAD, 0, 0, NUMBER_OFFSET),
        (JUMP_ABOVE, 0, 1, X32_CALLS),
        (RETURN, 0, 0, DENY),
    ]
    rules = list_converter_rules(process) if runs_programs else list_reader_rules(process or os.getpid())
    for rule in rules:
        number = CALLS[rule.call][column]
        if number is not None:
            instructions += _compile_rule(rule, number)
    # Libraries take a call that is not there for that of a newer kernel, and use an older one.
    instructions.append((RETURN, 0, 0, ALLOW if runs_programs else NOT_IMPLEMENTED))
    return instructions


def _compile_rule(rule: CallRule, number: int) -> list[Instruction]:
    """Compile a rule; before and after it, the number of the call is loaded."""
    if rule.argument is None:
        return [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, rule.result)]
    masked = [(0x54, 0, 0, rule.mask)] if rule.mask is not None else []  # and
    passes, fails = (1, 0) if rule.negated else (0, 1)
    body: list[Instruction] = [
        (LOAD, 0, 0, ARGUMENTS_OFFSET + 8 * rule.argument),
        *masked,
        (rule.operation, passes, fails, rule.operand),
        (RETURN, 0, 0, rule.result),
        (LOAD, 0, 0, NUMBER_OFFSET),
    ]
    return [(JUMP_EQUAL, 0, len(body), number), *body]
