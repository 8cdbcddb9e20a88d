"""`python -m tests.shell_in_place`: what a shell reaches in place of the converter and of a parser, as a table.

Everything that it tries belongs to its own user, so that what keeps it away is not the rights of files. Mechanisms are
taken away as a container engine does it: a filter of system calls refuses them.
"""

import ctypes
import json
import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from app.core.file_service import landlock, seccomp, system_calls
from app.core.file_service.confinement import PR_SET_DUMPABLE
from app.core.file_service.confinement import SOURCE_ROOT as PROJECT_ROOT
from app.core.file_service.conversion import kill_children
from app.core.file_service.landlock import ADD_RULE, CREATE_RULESET, RESTRICT_SELF, get_landlock_version
from app.core.file_service.process import SERVICE_USER, leave_root
from app.core.file_service.task_process import fork_process
from app.core.file_service.tasks import TASKS, TaskSpec
from tests import shell_attempts
from tests.files import make_docx
from tests.one_task import OneTask
from tests.shell_attempts import ATTEMPTS
from tests.waiting import wait_until

PRCTL = (157, 167)
LANDLOCK_CALLS = (CREATE_RULESET, ADD_RULE, RESTRICT_SELF)
NOTHING_OPENED = "nothing is opened"
SHELL_SOURCE = Path(shell_attempts.__file__).read_text()


@dataclass(frozen=True)
class Case:
    """Where the shell is, what the system refuses, whether it is the demo, and the newest version of Landlock."""

    title: str
    place: str
    without: tuple[str, ...] = ()
    demo: bool = False
    landlock: int = 99


CASES = (
    Case("without the service", "none"),
    Case("converter", "converter"),
    Case("converter, no namespaces", "converter", ("namespaces",)),
    Case("parser", "parser"),
    Case("parser, no namespaces", "parser", ("namespaces",)),
    Case("converter, no namespaces, Landlock 2", "converter", ("namespaces",), landlock=2),
    Case("parser, no namespaces, Landlock 2", "parser", ("namespaces",), landlock=2),
    Case("no Landlock", "converter", ("landlock",)),
    Case("no filter", "parser", ("filter",)),
    Case("demo, converter, no Landlock", "converter", ("landlock",), demo=True),
    Case("demo, converter, no Landlock, no namespaces", "converter", ("landlock", "namespaces"), demo=True),
    Case("demo, converter, no filter", "converter", ("filter",), demo=True),
)


@contextmanager
def open_targets(folder: Path) -> Iterator[dict[str, object]]:
    """Make what is tried, as the user of the service: files, sockets, and a process with a secret."""
    with ExitStack() as stack:
        paths: dict[str, object] = {"folder": str(folder)}
        for name in ("store", "draft", "secret", "task", "cut"):
            path = folder / name
            path.write_text("not to be read")
            path.chmod(0o600)
            paths[name] = str(path)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        database, abstract = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        letters = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        letters.bind(str(folder / "letters"))
        paths["letters"] = str(folder / "letters")
        paths["database"], paths["abstract"] = str(folder / "database"), f"cwg-test-{os.getpid()}"
        database.bind(str(folder / "database"))
        abstract.bind("\0" + str(paths["abstract"]))
        for listener in (database, abstract):
            listener.listen()
        portal = subprocess.Popen(["/bin/sleep", "600"], env={"CWG_SIGNING_KEY": "not to be read"})
        stack.callback(portal.wait)
        stack.callback(portal.kill)
        wait_until(lambda: b"CWG" in Path(f"/proc/{portal.pid}/environ").read_bytes())
        yield paths | {"port": tcp.getsockname()[1], "process": portal.pid, "service": os.getpid()}


def run_case(case: Case, folder: Path) -> dict[str, bool] | str:
    """Run the shell in this process's place; return what succeeded, or that nothing was opened."""
    with open_targets(folder) as targets:
        if case.place == "none":
            tried = shell_attempts.try_everything(targets, own_descriptors=0)
            kill_children()
            return tried
        refuse_mechanisms(case.without)
        version = min(case.landlock, get_landlock_version())
        landlock.get_landlock_version = lambda _libc=None: version
        if case.place == "parser":
            TASKS["words"] = TaskSpec("tests.shell_attempts:read_attempts", TASKS["words"].limits)
            task = OneTask(folder, best_effort=case.demo)
            reply = task.run("words", json.dumps(targets).encode())
        else:
            task = OneTask(folder, write_shell(folder, targets), best_effort=case.demo)
            reply = task.run("convert", make_docx())
        if reply.outcome == "not isolated":
            return NOTHING_OPENED
        assert reply.code == 0, reply
        tried = dict(json.loads(task.answer))
        return tried | {"leave": tried["leave"] and runs_still(folder)}


def runs_still(folder: Path) -> bool:
    """Whether a process of the shell goes on, though its task has ended."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{folder}/soffice" in (process / "cmdline").read_text():
                return True
    return False


def write_shell(folder: Path, targets: dict[str, object]) -> str:
    """Write the program that is started in place of LibreOffice."""
    path = folder / "soffice"
    path.write_text(f"#!{os.path.realpath(sys.executable)} -I\n{SHELL_SOURCE}\nwrite_attempts({targets!r})\n")
    path.chmod(0o700)
    return str(path)


def refuse_mechanisms(names: Sequence[str]) -> None:
    """Have this process and all that it forks refused these mechanisms: namespaces and filters with EPERM, as container
    engines do, Landlock with ENOSYS, as a kernel without it does."""
    _, column = seccomp.ARCHITECTURES[platform.machine()]
    unshare = system_calls.CALLS["unshare"][column]
    refused = [(unshare, seccomp.DENY)] if "namespaces" in names else []
    refused += [(call, seccomp.NOT_IMPLEMENTED) for call in LANDLOCK_CALLS] if "landlock" in names else []
    code = [(seccomp.LOAD, 0, 0, 0)]
    if "filter" in names:
        operation = (seccomp.JUMP_EQUAL, 0, 1, seccomp.PR_SET_SECCOMP)
        code += [(seccomp.JUMP_EQUAL, 0, 4, PRCTL[column]), (seccomp.LOAD, 0, 0, seccomp.ARGUMENTS_OFFSET), operation]
        code += [(seccomp.RETURN, 0, 0, seccomp.DENY), (seccomp.LOAD, 0, 0, 0)]
    for call, result in refused:
        code += [(seccomp.JUMP_EQUAL, 0, 1, call), (seccomp.RETURN, 0, 0, result)]
    code.append((seccomp.RETURN, 0, 0, seccomp.ALLOW))
    program = seccomp.BpfProgram(len(code), b"".join(struct.pack("HBBI", *each) for each in code))
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)
    assert libc.prctl(seccomp.PR_SET_SECCOMP, seccomp.SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0


@cache
def run_cases() -> dict[str, dict[str, bool] | str]:
    """Run all cases, as the user that a service of root's becomes; as this user if not root. Return what succeeded."""
    folder = Path(mkdtemp(prefix="cwg-shell-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, SERVICE_USER, SERVICE_USER)
        command = [sys.executable, "-m", "tests.shell_in_place", str(folder)]
        environment = {"CWG_SIGNING_KEY": "not to be read", "PYTHONDONTWRITEBYTECODE": "1"}
        ran = subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        return dict(json.loads(ran.stdout))
    finally:
        shutil.rmtree(folder)


def fork_case(case: Case, folder: Path) -> dict[str, bool] | str:
    """Run a case in a process forked from this one, which is to keep its mechanisms."""
    folder.mkdir()
    answer = folder / "answer"

    def run_and_write() -> int:
        answer.write_text(json.dumps(run_case(case, folder)))
        return 0

    assert os.waitpid(fork_process(run_and_write), 0)[1] == 0, case.title
    return json.loads(answer.read_text())


def format_table() -> str:
    """Format the table of all cases."""
    results = run_cases()
    lines = [f"| the shell can | {' | '.join(results)} |", f"|---|{'---|' * len(results)}"]
    for name, words in ATTEMPTS.items():
        cells = ["–" if isinstance(each, str) else "yes" if each[name] else "no" for each in results.values()]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Print the table; in the folder that the arguments name, run all cases and print what succeeded."""
    if not arguments:
        print(format_table())
        return
    leave_root()
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    print(json.dumps({case.title: fork_case(case, Path(arguments[0]) / str(n)) for n, case in enumerate(CASES)}))


if __name__ == "__main__":
    main(sys.argv[1:])
