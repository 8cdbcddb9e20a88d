"""The conversion of a document to PDF: a process that watches over those that read it.

It is forked from the service and reads nothing itself. It has the document copied in one confined process, then
LibreOffice run in another one, in a process namespace of its own where that is allowed, and ends whatever is left.
"""

import ctypes
import os
import signal
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, NoReturn

from app.core.file_service.confinement import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWPID,
    TaskRights,
    confine_process,
    enter_namespaces,
)
from app.core.file_service.folders import remove_folder
from app.core.file_service.messages import FAILED, NOT_ISOLATED, OUT_OF_CLOCK, SERVICE_FAULT
from app.core.file_service.task_process import (
    TaskFiles,
    TaskSetting,
    end_with_parent,
    fork_process,
    is_allowed,
    prefer_to_be_ended,
    run_task,
)
from app.core.file_service.tasks import COPY_LIMITS, TaskFunction, find_converter
from app.core.rendering.libreoffice import list_converter_arguments, write_profile
from app.core.rendering.pdf_times import copy_pdf_without_times

PR_SET_CHILD_SUBREAPER: Final = 36
RESTART_CODES: Final = (79, 81)
"""LibreOffice has made its profile, and is to be started again."""
MAX_STARTS: Final = 3
MAX_LEFT_PROCESSES: Final = 10_000


class OutOfClockError(Exception):
    """The conversion took longer than it may."""


class ConversionError(Exception):
    """A step of the conversion ended with another exit code than 0."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def run_conversion(copy: TaskFunction, soffice: str, files: TaskFiles, setting: TaskSetting) -> int:
    """Convert a document in this process, which was just forked, and those that it forks; return the exit code.

    Raises nothing: an error of a step is its exit code.
    """
    assert setting.folder
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    end_with_parent()
    signal.signal(signal.SIGALRM, _raise_out_of_clock)
    try:
        signal.setitimer(signal.ITIMER_REAL, setting.limits.seconds)
        code = try_conversion(lambda: convert_document(copy, find_converter(soffice), files, setting))
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
    except OutOfClockError:  # raised once at most, so that nothing interrupts what follows
        code = OUT_OF_CLOCK
    kill_children()
    remove_folder(setting.folder)
    return code


def try_conversion(convert: Callable[[], None]) -> int:
    """Convert and return the exit code. Raises OutOfClockError."""
    try:
        convert()
    except ConversionError as error:
        return error.code if error.code > 0 else FAILED
    except OutOfClockError:
        raise
    except Exception:
        return SERVICE_FAULT
    return 0


def convert_document(copy: TaskFunction, program: Path, files: TaskFiles, setting: TaskSetting) -> None:
    """Copy the document into the folder, convert it there, and write the PDF to the answer. Raises ConversionError, or
    OSError if a file cannot be written."""
    folder = setting.folder
    assert folder
    folder.mkdir(mode=0o700)
    document, output = folder / "document.docx", folder / "out" / "document.pdf"
    with document.open("xb") as written:
        step_files = replace(files, answer=written.fileno())
        run_step(lambda: run_task(copy, step_files, replace(setting, folder=None, limits=COPY_LIMITS)))
    write_profile(folder)
    for _ in range(MAX_STARTS):
        code = run_process(lambda: isolate_program(program, files, setting, folder))
        if code not in RESTART_CODES:
            break
    if code != 0:
        raise ConversionError(code)
    copy_result(output, files.answer, setting.limits.max_file_bytes)


def isolate_program(program: Path, files: TaskFiles, setting: TaskSetting, folder: Path) -> int:
    """Run the program in a process namespace of its own, if that is allowed; return its exit code."""
    os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    in_namespace = enter_namespaces(libc, CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC)[1]
    end_with_parent()
    if not in_namespace:
        become_program(program, setting, folder, process_namespace=False)
    files.close()
    return run_process(lambda: become_program(program, setting, folder, process_namespace=True))


def become_program(program: Path, setting: TaskSetting, folder: Path, *, process_namespace: bool) -> NoReturn:
    """Give up all rights but those to the folder, and become the program."""
    os.chdir(folder)
    prefer_to_be_ended()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    rights = TaskRights(folder, program)
    confinement = confine_process(setting.limits, rights, process_namespace=process_namespace)
    end_with_parent()
    if not is_allowed(confinement, setting):
        os._exit(NOT_ISOLATED)
    environment: Mapping[str, str] = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "OSL_SOCKET_PATH": str(folder),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
    os.execve(program, list_converter_arguments(program, folder), environment)  # noqa: S606 - the converter


def run_step(run: Callable[[], int]) -> None:
    """Fork a process for a step. Raises ConversionError if it fails."""
    code = run_process(run)
    if code != 0:
        raise ConversionError(code)


def run_process(run: Callable[[], int]) -> int:
    """Fork a process, wait for it, and return its exit code."""
    _process, status = os.waitpid(fork_process(run), 0)
    return os.waitstatus_to_exitcode(status)


def copy_result(path: Path, answer: int, most: int) -> None:
    """Copy the PDF, without the time of its conversion, to the answer. Raises ConversionError if it is no file of its
    own, is too long, or is not there.

    The program wrote the folder, so nothing in it is followed: no symbolic link, no second name of another file.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            opened = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError:
        raise ConversionError(FAILED) from None
    with os.fdopen(opened, "rb") as source, os.fdopen(answer, "wb", closefd=False) as target:
        facts = os.fstat(opened)
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1 or not 0 < facts.st_size <= most:
            raise ConversionError(FAILED)
        copy_pdf_without_times(source, target)


def kill_children() -> None:
    """Kill the children of this process, and theirs: a process without its parent becomes a child of this one."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    for _ in range(MAX_LEFT_PROCESSES):
        with suppress(OSError):
            for child in children.read_text(encoding="ascii").split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _raise_out_of_clock(*_: object) -> NoReturn:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    raise OutOfClockError
