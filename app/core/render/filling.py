"""Fills Word templates and converts them to PDF, by way of the limited processes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import BoundedSemaphore

from pydantic import TypeAdapter

from app.core.render.bounded import Failed, Limits, Task, run
from app.core.render.fields import Filling
from app.core.render.office import CONVERTING, to_pdf

FILLING = Limits(seconds=30, cpu_seconds=20)
NAMES = TypeAdapter(list[tuple[str, bool]])
LAYING_OUT = replace(CONVERTING, seconds=60, cpu_seconds=45)
# This work uses a whole processor: one PDF and two documents at a time. Only a few calls may wait, since each holds a
# thread of the portal that readers need.
TURN, FILLING_TURN, PLACES = BoundedSemaphore(1), BoundedSemaphore(2), BoundedSemaphore(8)
PATIENCE = 30


class Busy(Failed):
    """Too many calls are waiting, or no slot became free in time."""


def fields_of(template: Path) -> list[tuple[str, bool]]:
    """Return the fields of a template, and whether each is alone in its paragraph. Raises RenderingError."""
    return NAMES.validate_json(run(Task("fields", template.parent), template, FILLING))


def filled(template: Path, filling: Filling, folder: Path) -> bytes:
    """Fill a template, working in `folder`. Raises RenderingError; RenderingBusy if no slot is free."""
    values_file = folder / "filling.json"
    values_file.write_text(json.dumps(asdict(filling)), encoding="utf-8")
    with _hold_slot(FILLING_TURN):
        return run(Task("fill", folder, (str(values_file),)), template, FILLING)


def laid_out(soffice: str, document: bytes, folder: Path) -> bytes:
    """Convert a Word document to PDF, working in `folder`. Raises RenderingError; RenderingBusy if no slot is free."""
    source = folder / "filled.docx"
    source.write_bytes(document)
    with _hold_slot(TURN):
        return to_pdf(soffice, source, folder, LAYING_OUT).read_bytes()


@contextmanager
def _hold_slot(slot: BoundedSemaphore) -> Iterator[None]:
    """Hold a slot until the end of the block. Raises RenderingBusy if too many wait or none is free in time."""
    if not PLACES.acquire(blocking=False):
        raise Busy("too many wait")
    try:
        if not slot.acquire(timeout=PATIENCE):
            raise Busy("others took too long")
        try:
            yield
        finally:
            slot.release()
    finally:
        PLACES.release()
