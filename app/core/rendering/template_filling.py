"""Fills Word templates and converts them to PDF, by way of the limited processes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import BoundedSemaphore

from pydantic import TypeAdapter

from app.core.rendering.libreoffice import CONVERSION_LIMITS, convert_docx_to_pdf
from app.core.rendering.subprocess_limits import ProcessLimits, ProcessTask, RenderingError, run_in_limited_process
from app.core.rendering.template_fields import TemplateFilling

FILLING_LIMITS = ProcessLimits(seconds=30, cpu_seconds=20)
FIELD_LIST_ADAPTER = TypeAdapter(list[tuple[str, bool]])
CONVERSION_LIMITS = replace(CONVERSION_LIMITS, seconds=60, cpu_seconds=45)
# This work uses a whole processor: one PDF and two documents at a time. Only a few calls may wait, since each holds a
# thread of the portal that readers need.
CONVERSION_SLOT, FILLING_SLOTS, WAITING_SLOTS = BoundedSemaphore(1), BoundedSemaphore(2), BoundedSemaphore(8)
SLOT_TIMEOUT = 30


class RenderingBusy(RenderingError):
    """Too many calls are waiting, or no slot became free in time."""


def read_template_fields(template: Path) -> list[tuple[str, bool]]:
    """Return the fields of a template, and whether each is alone in its paragraph. Raises RenderingError."""
    return FIELD_LIST_ADAPTER.validate_json(
        run_in_limited_process(ProcessTask("fields", template.parent), template, FILLING_LIMITS)
    )


def fill_template_file(template: Path, filling: TemplateFilling, folder: Path) -> bytes:
    """Fill a template, working in `folder`. Raises RenderingError; RenderingBusy if no slot is free."""
    values_file = folder / "filling.json"
    values_file.write_text(json.dumps(asdict(filling)), encoding="utf-8")
    with _hold_slot(FILLING_SLOTS):
        return run_in_limited_process(ProcessTask("fill", folder, (str(values_file),)), template, FILLING_LIMITS)


def render_docx_to_pdf(soffice: str, document: bytes, folder: Path) -> bytes:
    """Convert a Word document to PDF, working in `folder`. Raises RenderingError; RenderingBusy if no slot is free."""
    source = folder / "filled.docx"
    source.write_bytes(document)
    with _hold_slot(CONVERSION_SLOT):
        return convert_docx_to_pdf(soffice, source, folder, CONVERSION_LIMITS).read_bytes()


@contextmanager
def _hold_slot(slot: BoundedSemaphore) -> Iterator[None]:
    """Hold a slot until the end of the block. Raises RenderingBusy if too many wait or none is free in time."""
    if not WAITING_SLOTS.acquire(blocking=False):
        raise RenderingBusy("too many wait")
    try:
        if not slot.acquire(timeout=SLOT_TIMEOUT):
            raise RenderingBusy("others took too long")
        try:
            yield
        finally:
            slot.release()
    finally:
        WAITING_SLOTS.release()
