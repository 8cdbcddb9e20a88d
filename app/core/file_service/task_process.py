"""The process of one task: forked from the service, confined, and ended with the task."""

import ctypes
import errno
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.file_service.confinement import Confinement, TaskRights, confine_process
from app.core.file_service.limits import TaskLimits
from app.core.file_service.messages import FAILED, NOT_ISOLATED, OUT_OF_MEMORY, SERVICE_FAULT
from app.core.file_service.tasks import TaskFunction

CPP_OUT_OF_MEMORY: Final = "std::bad_alloc"
"""What an error of pikepdf says if it had none."""
PR_SET_PDEATHSIG: Final = 1
MAX_ARGUMENTS_BYTES: Final = 64 * 1024 * 1024
FIRST_TO_BE_ENDED: Final = "1000"
"""Of all processes of the container, if its memory is used up (proc_pid_oom_score_adj(5))."""


@dataclass(frozen=True, slots=True)
class TaskFiles:
    """The descriptors of a task."""

    source: int
    arguments: int
    answer: int

    def close(self) -> None:
        """Close them in this process."""
        for descriptor in (self.source, self.arguments, self.answer):
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class TaskSetting:
    """What a task may use: limits, the memory of the service, a folder, and whether less isolation is enough."""

    limits: TaskLimits
    base_memory: int
    folder: Path | None
    best_effort: bool


def fork_process(run: Callable[[], int]) -> int:
    """Fork a process that runs a function and ends with the code that it returns; return its number. Raises OSError.

    An error of the function is one of the service: what a file can cause is a code.
    """
    process = os.fork()
    if process:
        return process
    code = SERVICE_FAULT
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        code = run()
    finally:  # no more of an error leaves this process than that there was one
        os._exit(code)


def run_task(function: TaskFunction, files: TaskFiles, setting: TaskSetting) -> int:
    """Do a task in this process, which was just forked; return its exit code."""
    os.setsid()
    keep_only_descriptors(files)
    environment = {"TMPDIR": str(setting.folder), "HOME": str(setting.folder)} if setting.folder else {}
    if setting.folder:
        setting.folder.mkdir(mode=0o700)
        os.chdir(setting.folder)
    os.environ.update(environment)
    rights = TaskRights(setting.folder)
    confinement = confine_process(setting.limits, rights, base_memory=setting.base_memory)
    end_with_parent()
    if not is_allowed(confinement, setting):
        return NOT_ISOLATED
    with os.fdopen(3, "rb") as given, os.fdopen(0, "rb", closefd=False) as source:
        arguments = given.read(MAX_ARGUMENTS_BYTES)
        try:
            answer = function(source, arguments)
        except MemoryError:
            return OUT_OF_MEMORY
        except BaseException as error:
            return OUT_OF_MEMORY if CPP_OUT_OF_MEMORY in str(error) else FAILED
    return write_answer(answer)


def write_answer(answer: bytes) -> int:
    """Write the answer of a task; return its exit code."""
    try:
        write_all(1, answer)
    except OSError as error:
        return FAILED if error.errno == errno.EFBIG else SERVICE_FAULT  # longer than it may be, or no space is left
    return 0


def is_allowed(confinement: Confinement, setting: TaskSetting) -> bool:
    """Tell whether a file may be opened: network and files are isolated, or the caller takes what there is."""
    return confinement.is_sufficient or setting.best_effort


def keep_only_descriptors(files: TaskFiles) -> None:
    """Make source, answer and arguments the descriptors 0, 1 and 3, and close all others."""
    prefer_to_be_ended()
    kept = [os.dup(each) for each in (files.source, files.answer, os.open(os.devnull, os.O_WRONLY), files.arguments)]
    floor = max(kept) + 1
    high = [os.dup2(each, floor + number, inheritable=False) for number, each in enumerate(kept)]
    for number, descriptor in enumerate(high):
        os.dup2(descriptor, number)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    sys.stdout = sys.stderr  # what a library prints is no answer
    os.lseek(0, 0, os.SEEK_SET)


def prefer_to_be_ended() -> None:
    """Have this process ended before the service, if the memory of the container is used up."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_BE_ENDED, encoding="ascii")


def end_with_parent() -> None:
    """Have this process ended with the one that forked it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of `content`."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
