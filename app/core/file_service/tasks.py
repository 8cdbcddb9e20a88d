"""The tasks of the service: the function that does each in the confined process, and its limits.

A function takes the source and the arguments and returns the answer. Its module is imported by the service, once.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Final, cast

from app.core.file_service.limits import MIB, TaskLimits

TaskFunction = Callable[[BinaryIO, bytes], bytes]
CONVERT: Final = "convert"
FORMULAS: Final = "formulas"
"""What the service says that it can do besides its tasks: the converter draws formulas, with a module of its own."""
WITH_HEADINGS: Final = b"headings"
"""Arguments of the task that reads words, for the levels of headings."""
FORMULA_MODULE: Final = "libsmlo.so"
PRINT: Final = "print"
CLEAN: Final = "clean"
UNPACK: Final = "unpack"
READ_XLIFF: Final = "xliff"


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A task: `module:function`, its limits, how many seconds it may wait for a slot, and whether it needs a folder
    of its own."""

    location: str
    limits: TaskLimits
    wait: float = 120
    needs_folder: bool = False


READING_LIMITS, FILLING_LIMITS = TaskLimits(), TaskLimits(seconds=30, cpu_seconds=20)
CONVERSION_LIMITS = TaskLimits(
    seconds=120, cpu_seconds=90, memory=3072 * MIB, max_file_bytes=256 * MIB, descriptors=256
)
COPIES_LIMITS: Final = TaskLimits(max_file_bytes=256 * MIB)
"""Of a template that is filled once for each Member State."""
COPY_LIMITS: Final = TaskLimits(max_file_bytes=256 * MIB)
"""Of the copy with which a conversion begins."""
TASKS: Final = {
    "inspect": TaskSpec(
        "app.core.inspection.child:inspect_file", TaskLimits(cpu_seconds=20, max_file_bytes=MIB, descriptors=16)
    ),
    "words": TaskSpec("app.core.rendering.child:read_words", READING_LIMITS),
    "pages": TaskSpec("app.core.rendering.child:read_pages", READING_LIMITS),
    "fields": TaskSpec("app.core.rendering.child:read_fields", FILLING_LIMITS, wait=30),
    "fill": TaskSpec("app.core.rendering.child:fill_from_arguments", FILLING_LIMITS, wait=30),
    "fill-copies": TaskSpec("app.core.rendering.child:fill_copies", COPIES_LIMITS, wait=30),
    "template": TaskSpec("app.core.rendering.child:make_template", FILLING_LIMITS, wait=30),
    "letter-template": TaskSpec("app.core.rendering.child:make_letter_template", FILLING_LIMITS, wait=30),
    "contribution-template": TaskSpec("app.core.rendering.child:make_contribution_template", FILLING_LIMITS, wait=30),
    CLEAN: TaskSpec("app.core.cleaning.child:clean_file", TaskLimits(max_file_bytes=256 * MIB), wait=30),
    PRINT: TaskSpec("app.core.rendering.printing:print_html", READING_LIMITS, wait=30, needs_folder=True),
    "differences": TaskSpec("app.core.text_diff_task:compare_texts", FILLING_LIMITS, wait=15),
    "table": TaskSpec("app.core.spreadsheets.ods:read_table", READING_LIMITS, wait=15),
    UNPACK: TaskSpec(
        "app.core.interchange.archive_child:unpack_archive", TaskLimits(max_file_bytes=256 * MIB), wait=30
    ),
    READ_XLIFF: TaskSpec("app.core.interchange.xliff_child:read_xliff", FILLING_LIMITS, wait=30),
    CONVERT: TaskSpec("app.core.rendering.child:copy_for_conversion", CONVERSION_LIMITS, needs_folder=True),
}
"""A conversion first copies the document, then runs LibreOffice (`conversion`)."""


def load_task(name: str) -> TaskFunction:
    """Import and return the function of a task. Raises ImportError or OSError if a library is missing."""
    module, _, function = TASKS[name].location.partition(":")
    return cast("TaskFunction", getattr(import_module(module), function))


def is_task_available(name: str, soffice: str) -> bool:
    """Tell whether a task can be done here: to print, the system's Pango has to be there; to convert, LibreOffice."""
    if name == CONVERT:
        return bool(soffice) and os.access(soffice, os.X_OK)
    try:
        return name != PRINT or bool(load_task(name))
    except (ImportError, OSError):
        return False


def list_abilities(soffice: str) -> tuple[str, ...]:
    """List the tasks that can be done here, and what else can be (`FORMULAS`)."""
    tasks = tuple(name for name in TASKS if is_task_available(name, soffice))
    return (*tasks, FORMULAS) if CONVERT in tasks and draws_formulas(soffice) else tasks


def draws_formulas(soffice: str) -> bool:
    """Tell whether LibreOffice has its module for formulas; without it a PDF shows nothing of them."""
    return find_converter(soffice).with_name(FORMULA_MODULE).is_file()


def find_converter(soffice: str) -> Path:
    """Return LibreOffice's own program, in the folder of `soffice`: that is a script, and starts it by way of another
    program, which insists on a socket in a folder of all users."""
    path = Path(soffice).resolve()
    program = path.with_name("soffice.bin")
    return program if program.is_file() else path
