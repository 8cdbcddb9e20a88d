"""Fills Word templates and converts them to PDF, by way of the service that opens files."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from tempfile import TemporaryFile
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from app.core.file_service.client import FileServiceOptions, TaskError, TaskFailure, open_bytes, read_task, run_task
from app.core.file_service.fair_slots import PAGES
from app.core.file_service.limits import TaskLimits
from app.core.file_service.tasks import CONVERSION_LIMITS, CONVERT
from app.core.rendering.template_values import ContributionWords, LetterWords, TemplateFilling

FIELD_LIST_ADAPTER = TypeAdapter(list[tuple[str, bool]])
REPORT_CONVERSION_LIMITS = replace(CONVERSION_LIMITS, seconds=60, cpu_seconds=45)
"""Somebody waits for it."""
REPORT_WAIT_SECONDS = 30


class RenderingError(Exception):
    """A document could not be read, filled or converted."""


class RenderingBusy(RenderingError):
    """Others were first, or the machine is busy; it may work a little later."""


class RenderingCutOff(RenderingBusy):
    """It ran, and was ended before it was done: perhaps because of the document."""


def read_rendering(
    task: str,
    source: BinaryIO,
    arguments: bytes = b"",
    *,
    limits: TaskLimits | None = None,
    party: str = PAGES,
    is_alone: bool = False,
    options: FileServiceOptions | None = None,
) -> bytes:
    """Have a task done and return its answer. Raises RenderingError, RenderingBusy, RenderingCutOff, or Unavailable."""
    try:
        return read_task(task, source, arguments, limits=limits, party=party, is_alone=is_alone, options=options)
    except TaskError as error:
        raise build_rendering_error(error) from None


def build_rendering_error(error: TaskError) -> RenderingError:
    """Build the error of a rendering from that of its task."""
    kinds = {TaskFailure.BUSY: RenderingBusy, TaskFailure.CUT_OFF: RenderingCutOff}
    return kinds.get(error.failure, RenderingError)(str(error))


def read_template_fields(template: BinaryIO) -> list[tuple[str, bool]]:
    """Return the fields of a template, and whether each is alone in its paragraph. Raises RenderingError or
    Unavailable."""
    try:
        return FIELD_LIST_ADAPTER.validate_json(read_rendering("fields", template))
    except ValidationError as error:
        raise RenderingError(str(error)) from None


def make_default_template() -> bytes:
    """Return the default template as a Word document. Raises RenderingError or Unavailable."""
    with open_bytes(b"") as source:
        return read_rendering("template", source)


def make_contribution_template(words: ContributionWords) -> bytes:
    """Return the template of a contribution in one language as a Word document. Raises RenderingError or
    Unavailable."""
    with open_bytes(b"") as source:
        return read_rendering("contribution-template", source, json.dumps(asdict(words)).encode())


def fill_template_file(template: BinaryIO, filling: TemplateFilling) -> bytes:
    """Fill a template. Raises RenderingError; RenderingBusy if others are first; Unavailable."""
    return read_rendering("fill", template, json.dumps(asdict(filling)).encode())


def make_letter_template(words: LetterWords) -> bytes:
    """Return the default template of a letter in one language as a Word document. Raises RenderingError or
    Unavailable."""
    with open_bytes(b"") as source:
        return read_rendering("letter-template", source, json.dumps(asdict(words)).encode())


def fill_template_copies(template: BinaryIO, fillings: Mapping[str, TemplateFilling], target: BinaryIO) -> None:
    """Fill a template once for each filling, and write a ZIP of the copies by their names to `target`. Raises
    RenderingError; RenderingBusy if others are first; Unavailable."""
    arguments = json.dumps({name: asdict(filling) for name, filling in fillings.items()}).encode()
    try:
        run_task("fill-copies", template, target, arguments, party=PAGES)
    except TaskError as error:
        raise build_rendering_error(error) from None


def convert_docx_to_pdf(
    source: BinaryIO,
    target: BinaryIO,
    options: FileServiceOptions,
    limits: TaskLimits = CONVERSION_LIMITS,
    *,
    wait: float | None = None,
    party: str = PAGES,
    is_alone: bool = False,
) -> None:
    """Convert a DOCX and write the PDF to `target`, without names of people and without tracked changes.

    Raises RenderingError if there is none within the limits, RenderingBusy if others are first, Unavailable.
    """
    try:
        run_task(*(CONVERT, source, target), limits=limits, wait=wait, party=party, is_alone=is_alone, options=options)
    except TaskError as error:
        raise build_rendering_error(error) from None


def render_docx_to_pdf(document: bytes, options: FileServiceOptions) -> bytes:
    """Convert a Word document to PDF. Raises RenderingError; RenderingBusy if others are first; Unavailable."""
    with open_bytes(document) as source, TemporaryFile() as target:
        convert_docx_to_pdf(source, target, options, REPORT_CONVERSION_LIMITS, wait=REPORT_WAIT_SECONDS)
        target.seek(0)
        return target.read()
