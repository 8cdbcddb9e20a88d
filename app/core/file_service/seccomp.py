"""Denies system calls for good by a filter (seccomp(2)), which needs no privilege and no namespace.

All tasks lose the network, other processes, mounts, namespaces, keys, and io_uring, which would go around the filter.
A task that reads a file also loses sockets of any kind and new processes; the converter keeps Unix sockets of its own,
to which nothing but itself can connect, and may start programs.
"""

import ctypes
import platform
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

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

# Numbers on x86-64 and ARM64; None where there is no such call.
CALLS: Final[dict[str, tuple[int | None, int | None]]] = {
    "socket": (41, 198),
    "connect": (42, 203),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "fork": (57, None),
    "vfork": (58, None),
    "clone": (56, 220),
    "clone3": (435, 435),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "access": (21, None),
    "faccessat": (269, 48),
}
DENIED_TO_ALL: Final = (
    *("connect", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal", "pidfd_getfd"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "io_uring_setup", "mount", "umount2", "pivot_root"),
    *("open_tree", "move_mount", "fsopen", "fsmount", "mount_setattr", "unshare", "setns", "open_by_handle_at"),
    *("add_key", "request_key", "keyctl", "bpf", "perf_event_open", "userfaultfd"),
)
DENIED_TO_READERS: Final = ("socket", "socketpair", "bind", "fork", "vfork", "execve", "execveat")
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


def list_call_rules(*, runs_programs: bool, process: int | None) -> Iterator[CallRule]:
    """Yield the rules of a task. `process` is the only one that may be sent a signal; None if all may that it sees."""
    yield from (CallRule(name, DENY) for name in DENIED_TO_ALL)
    yield CallRule("clone3", NOT_IMPLEMENTED)  # its arguments cannot be seen; glibc then uses clone
    if process is not None:
        yield CallRule("tgkill", DENY, 0, operand=process, negated=True)
    if runs_programs:
        yield CallRule("socket", DENY, 0, operand=AF_UNIX, negated=True)
        yield CallRule("socket", DENY, 1, operand=SOCK_STREAM, mask=SOCKET_TYPES, negated=True)
        yield CallRule("clone", DENY, 0, JUMP_SET, CLONE_NAMESPACES)
        # LibreOffice makes its socket in /tmp if it may write there, and in OSL_SOCKET_PATH if not.
        yield CallRule("access", NO_ACCESS, 1, operand=ACCESS_TO_WRITE)
        yield CallRule("faccessat", NO_ACCESS, 2, operand=ACCESS_TO_WRITE)
    else:
        yield from (CallRule(name, DENY) for name in DENIED_TO_READERS)
        yield CallRule("clone", DENY, 0, JUMP_SET, CLONE_THREAD, negated=True)


def deny_calls(libc: ctypes.CDLL, *, runs_programs: bool, process: int | None = None) -> bool:
    """Install the filter and return whether it is active; false on other architectures. Requires
    PR_SET_NO_NEW_PRIVS."""
    if platform.machine() not in ARCHITECTURES:
        return False
    architecture, column = ARCHITECTURES[platform.machine()]
    instructions: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE_OFFSET),
        (JUMP_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, DENY),
        (LOAD, 0, 0, NUMBER_OFFSET),
        (JUMP_ABOVE, 0, 1, X32_CALLS),
        (RETURN, 0, 0, DENY),
    ]
    for rule in list_call_rules(runs_programs=runs_programs, process=process):
        number = CALLS[rule.call][column]
        if number is not None:
            instructions += _compile_rule(rule, number)
    instructions.append((RETURN, 0, 0, ALLOW))
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    program = BpfProgram(len(instructions), code)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


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
