"""What the limited process does: gives up rights, inspects the file, writes the report.

The network is given up twice: by a new user and network namespace (unshare(2)), which a system may forbid to ordinary
programs, and by a filter of system calls, which no system forbids (x86-64 and ARM64; elsewhere only the first applies).
Known limit: the process can still read every file that its user can read, but has no way to send it: the report holds
only findings in a fixed form.
"""

import ctypes
import json
import resource
import sys

from app.core.inspection.classify import inspect_stream
from app.core.inspection.findings import InspectionLimits
from app.core.inspection.no_network import deny_sockets

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_NO_NEW_PRIVS = 38
MAX_REPORT_BYTES = 1024 * 1024


def confine_process(
    *, memory: int, cpu_seconds: int, file: int = MAX_REPORT_BYTES, descriptors: int = 16, sockets: bool = False
) -> None:
    """Limit memory (bytes), processor time and file length of this process, and give up new rights and the network.

    `sockets` keeps socket(2) for a program that uses sockets internally; it has a network only if the system forbids
    namespaces.
    """
    sys.dont_write_bytecode = True  # compiled modules are cached up to here, so that the next start is quick
    for resource_, maximum in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_NOFILE, descriptors),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(resource_, (maximum, maximum))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWNET)
    if not sockets:
        deny_sockets(libc)


def inspect_standard_input(limits: InspectionLimits) -> None:
    """Give up rights, inspect standard input within the limits and write an InspectionReport as JSON."""
    confine_process(memory=limits.memory, cpu_seconds=limits.cpu_seconds)
    report = inspect_stream(sys.stdin.buffer, limits)
    sys.stdout.write(json.dumps(report.to_json()))
