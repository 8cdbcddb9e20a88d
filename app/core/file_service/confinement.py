"""What a task gives up before it opens a file: network, files, other processes, privileges.

Each is given up in as many ways as the system gives: namespaces, which it may forbid to ordinary programs, Landlock
and a filter of system calls, which need no privilege. The network and the files have to be obtained, or nothing is
opened (`Confinement.is_sufficient`).
"""

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.file_service.landlock import LandlockRestrictions, restrict_with_landlock
from app.core.file_service.limits import TaskLimits
from app.core.file_service.seccomp import deny_calls

SOURCE_ROOT: Final = Path(__file__).resolve().parents[3]
CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWPID = 0x10000000, 0x40000000, 0x08000000, 0x20000000
PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 38, 4, 24
CAPABILITY_VERSION, CAPABILITIES = 0x20080522, 64
SYSTEM_PATHS: Final = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/libreoffice"),
    *("/etc/locale.alias", "/etc/localtime", "/var/cache/fontconfig", "/var/lib/libreoffice"),
    *("/var/spool/libreoffice", "/dev/urandom", "/dev/random", "/dev/zero"),
)
"""Libraries, programs, fonts, and devices without a memory: all that may be read besides the program itself."""
WRITABLE_PATHS: Final = ("/dev/null",)


@dataclass(frozen=True, slots=True)
class TaskRights:
    """What a task keeps: a folder of its own, if it has one, and whether it runs another program, which is in
    `program`."""

    folder: Path | None = None
    program: Path | None = None


@dataclass(frozen=True, slots=True)
class Confinement:
    """What was obtained, by mechanism."""

    user_namespace: bool
    network_namespace: bool
    process_namespace: bool
    landlock: LandlockRestrictions
    filter: bool

    @property
    def is_sufficient(self) -> bool:
        """Whether network and files are isolated; without that nothing may be opened.

        The filter is needed: neither a namespace nor Landlock covers a Unix socket with a path, as the database's.
        """
        return self.filter and self.landlock.files

    def list_mechanisms(self) -> dict[str, list[str]]:
        """Return the names of the mechanisms for each part of the isolation."""
        own = "namespace"
        network = {own: self.network_namespace, "seccomp": self.filter, "Landlock": self.landlock.tcp}
        processes = {own: self.process_namespace, "seccomp": self.filter, "Landlock": self.landlock.scopes}
        return {
            "network": [name for name, obtained in network.items() if obtained],
            "files": ["Landlock"] if self.landlock.files else [],
            "processes": [name for name, obtained in processes.items() if obtained],
            "privileges": ["no_new_privs", *([own] if self.user_namespace else [])],
        }


def list_readable_paths(program: Path | None = None) -> list[Path]:
    """List what a task may read and execute: interpreter, packages, source, libraries, fonts, and the converter with
    its installation."""
    paths = [Path(sys.base_prefix), Path(sys.prefix), SOURCE_ROOT / "app", *map(Path, SYSTEM_PATHS)]
    if program is None:
        return paths
    return [*paths, program.parent.parent if program.name == "soffice.bin" else program]


def confine_process(
    limits: TaskLimits, rights: TaskRights, *, base_memory: int = 0, process_namespace: bool = False
) -> Confinement:
    """Limit this process, and give up all that it does not need; return what was obtained.

    `base_memory` is what the process had before the task, in bytes. `process_namespace` says that it is in one of its
    own already.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    user_namespace, network_namespace = enter_namespaces(libc, CLONE_NEWNET | CLONE_NEWIPC)
    _limit_resources(limits, base_memory)
    drop_capabilities(libc)
    writable: Sequence[Path] = [Path(path) for path in WRITABLE_PATHS]
    if rights.folder:
        writable = [*writable, rights.folder]
    landlock = restrict_with_landlock(libc, list_readable_paths(rights.program), writable)
    sees_only_own = process_namespace or landlock.scopes
    filtered = deny_calls(
        libc,
        runs_programs=rights.program is not None,
        process=None if rights.program and sees_only_own else os.getpid(),
    )
    return Confinement(user_namespace, network_namespace, process_namespace, landlock, filtered)


def enter_namespaces(libc: ctypes.CDLL, flags: int) -> tuple[bool, bool]:
    """Enter new namespaces; return whether that of users and the others were obtained. Without a namespace of users
    the others need privileges."""
    if libc.unshare(CLONE_NEWUSER | flags) == 0:
        return True, True
    return False, libc.unshare(flags) == 0


def drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up all capabilities, which a process has in a new namespace of users."""
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, nothing = struct.pack("Ii", CAPABILITY_VERSION, 0), struct.pack("6I", *[0] * 6)
    libc.capset(header, nothing)


def _limit_resources(limits: TaskLimits, base_memory: int) -> None:
    """Set the limits of this process, which no process that it starts can raise."""
    for resource_, maximum in (
        (resource.RLIMIT_AS, base_memory + limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.max_file_bytes),
        (resource.RLIMIT_NOFILE, limits.descriptors),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(resource_, (maximum, maximum))


def measure_memory() -> int:
    """Return the address space of this process, in bytes (proc_pid_statm(5))."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
