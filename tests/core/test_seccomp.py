"""The filters of system calls, by what they answer to a call; and that the kernel does as they say."""

import ctypes
import errno
import os
import platform

import pytest

from app.core.file_service import seccomp
from app.core.file_service.seccomp import ALLOW, ARCHITECTURES, DENY, NOT_IMPLEMENTED, build_filter
from app.core.file_service.system_calls import CALLS

OWN, OTHER = 4711, 815
MACHINES = pytest.mark.parametrize("machine", sorted(ARCHITECTURES))
KINDS = pytest.mark.parametrize("runs_programs", [False, True], ids=["reader", "converter"])
FORBIDDEN = """
connect kill tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal pidfd_getfd pidfd_open ptrace process_vm_readv
process_vm_writev process_madvise process_mrelease kcmp move_pages migrate_pages io_uring_setup mount umount2 pivot_root
open_tree move_mount fsopen fsmount mount_setattr unshare setns open_by_handle_at add_key request_key keyctl bpf
perf_event_open userfaultfd setpriority sched_setscheduler sched_setparam sched_setattr sched_setaffinity ioprio_set
chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat truncate file_setattr setxattr lsetxattr fsetxattr
setxattrat removexattr lremovexattr fremovexattr removexattrat shmget msgget semget mq_open memfd_create inotify_init
inotify_init1 fanotify_init
"""
"""Written by hand: what no task may call, whatever the arguments."""
OF_READERS = ("socket", "socketpair", "bind", "fork", "vfork", "execve", "execveat", "clone3")
NUMBERS_OF_READERS = {"bind": (49, 200), "fork": (57, None), "vfork": (58, None), "execve": (59, 221)}
NUMBERS_OF_READERS |= {"execveat": (322, 281)}


def answer_call(machine: str, number: int, *arguments: int, runs_programs: bool, architecture: int = 0) -> int:
    """Run the filter as the kernel does; return what it answers."""
    data = [number, architecture or ARCHITECTURES[machine][0], 0, 0]
    for argument in (*arguments, *[0] * (6 - len(arguments))):
        data += [argument & 0xFFFFFFFF, argument >> 32]
    program = build_filter(machine, runs_programs=runs_programs, process=OWN)
    loaded, at = 0, 0
    while True:
        operation, passes, fails, operand = program[at]
        at += 1
        if operation == seccomp.RETURN:
            return operand
        if operation == seccomp.LOAD:
            loaded = data[operand // 4]
        elif operation == 0x54:
            loaded &= operand
        else:
            held = {
                seccomp.JUMP_EQUAL: loaded == operand,
                seccomp.JUMP_ABOVE: loaded >= operand,
                seccomp.JUMP_SET: bool(loaded & operand),
            }[operation]
            at += passes if held else fails


def find_number(name: str, machine: str) -> int | None:
    return (CALLS.get(name) or NUMBERS_OF_READERS[name])[ARCHITECTURES[machine][1]]


@MACHINES
@KINDS
def test_what_no_task_may_call_is_refused(machine: str, runs_programs: bool) -> None:
    answers = {
        name: answer_call(machine, number, runs_programs=runs_programs)
        for name in FORBIDDEN.split()
        if (number := find_number(name, machine)) is not None
    }

    assert set(answers.values()) == {DENY if runs_programs else NOT_IMPLEMENTED}, answers


@MACHINES
def test_a_task_that_reads_may_call_nothing_else(machine: str) -> None:
    """No socket, no process, no program, and no call of a kernel that is newer than this."""
    numbers = [find_number(name, machine) for name in OF_READERS]
    answers = [answer_call(machine, number, runs_programs=False) for number in [*numbers, 600] if number is not None]

    assert set(answers) == {NOT_IMPLEMENTED}
    assert answer_call(machine, find_number("read", machine) or 0, runs_programs=False) == ALLOW


@MACHINES
@KINDS
@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("prlimit64", [(0, 7)], [(OTHER, 7)]),
        ("tgkill", [(OWN, OWN, 6)], [(OTHER, OTHER, 9)]),
        ("fcntl", [(3, 1, 0), (3, 1030, 4)], [(3, 8, OTHER), (3, 10, 9), (3, 15, OTHER)]),
        ("ioctl", [(3, 0x5401)], [(3, 0x8901, OTHER), (3, 0x8902, OTHER)]),
        ("clone", [(0x003D0F00,)], [(0x003D0F00 & ~0x10000 | 0x10000000,), (0x40000000 | 17,)]),
    ],
)
def test_what_concerns_another_process_is_refused(
    machine: str, runs_programs: bool, name: str, allowed: list[tuple[int, ...]], refused: list[tuple[int, ...]]
) -> None:
    number = find_number(name, machine)
    assert number is not None

    assert {answer_call(machine, number, *each, runs_programs=runs_programs) for each in allowed} == {ALLOW}
    assert ALLOW not in {answer_call(machine, number, *each, runs_programs=runs_programs) for each in refused}


@MACHINES
@pytest.mark.parametrize("name", ["socket", "socketpair"])
def test_the_converter_has_stream_sockets_and_no_datagrams_to_another_process(machine: str, name: str) -> None:
    number = find_number(name, machine)
    assert number is not None

    assert answer_call(machine, number, 1, 1 | 0o2000000, runs_programs=True) == ALLOW
    for refused in ((1, 2), (1, 2 | 0o2000000), (1, 5)):
        assert answer_call(machine, number, *refused, runs_programs=True) == DENY
    assert name == "socketpair" or answer_call(machine, number, 2, 1, runs_programs=True) == DENY


@KINDS
def test_a_call_of_another_architecture_is_refused(runs_programs: bool) -> None:
    """32-bit calls of x86 and the x32 form have other numbers."""
    for number in (0, find_number("connect", "x86_64") or 0):
        assert answer_call("x86_64", number, runs_programs=runs_programs, architecture=0x40000003) == DENY
        assert answer_call("x86_64", number | 0x40000000, runs_programs=runs_programs) == DENY


@KINDS
def test_namespaces_of_a_clone_cannot_be_hidden(runs_programs: bool) -> None:
    """The arguments of clone3 are in memory, where a filter cannot see them."""
    assert answer_call("x86_64", CALLS["clone3"][0] or 0, runs_programs=runs_programs) == NOT_IMPLEMENTED


@KINDS
def test_the_kernel_does_as_the_filter_says(runs_programs: bool) -> None:
    """With arguments that are none, so that a call that passes fails for another reason."""
    column = ARCHITECTURES[platform.machine()][1]
    numbers = {name: number for name in FORBIDDEN.split() if (number := CALLS[name][column]) is not None}
    reading, writing = os.pipe()
    if os.fork() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(38, 1, 0, 0, 0)
        installed = seccomp.deny_calls(libc, runs_programs=runs_programs)
        failures = []
        for name, number in numbers.items():
            ctypes.set_errno(0)
            libc.syscall(number, *[ctypes.c_long(-1)] * 6)
            if ctypes.get_errno() != (errno.EPERM if runs_programs else errno.ENOSYS):
                failures.append(name)
        os.write(writing, f"{installed} {failures}".encode())
        os._exit(0)
    os.wait()
    os.close(writing)
    with os.fdopen(reading) as said:
        assert said.read() == "True []"
