"""What runs in the bounded process: give up what is not needed, look at the file, write the report. Nothing else.

The network is given up twice: by a new user and network namespace (unshare(2)), which a system may forbid to ordinary
programs, and by a filter of system calls, which no system forbids (x86-64 and ARM64; elsewhere only the first holds).
Honest limits: it can still read whatever files its user can read, but has no way to send them: the report holds only
findings, in a fixed form.
"""

import ctypes
import json
import resource
import sys

from app.core.gate.findings import Bounds
from app.core.gate.look import look
from app.core.gate.no_sockets import give_up_sockets

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_NO_NEW_PRIVS = 38
LONGEST_REPORT = 1024 * 1024


def confine(
    *, memory: int, cpu_seconds: int, file: int = LONGEST_REPORT, descriptors: int = 16, sockets: bool = False
) -> None:
    """From here on: so much memory and processor time, no longer file than that, no new rights, no network.

    `sockets` is for a program that talks to itself by them; a network it has only where the system takes none away.
    """
    sys.dont_write_bytecode = True  # until now our own modules were kept compiled, so that the next start is quick
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_NOFILE, descriptors),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWNET)
    if not sockets:
        give_up_sockets(libc)


def main(bounds: str) -> None:
    """Examine standard input within `bounds` (JSON) and write a Report as JSON."""
    limits = Bounds(**json.loads(bounds))
    confine(memory=limits.memory, cpu_seconds=limits.cpu_seconds)
    report = look(sys.stdin.buffer, limits)
    sys.stdout.write(json.dumps(report.to_json()))
