"""Templates in Word filled, and made into PDFs: from our side of the bounded processes."""

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
# This is work for a processor: one PDF and two documents at a time, and a few others wait, so that reading goes on
# beside it: whoever waits holds a thread of the house.
TURN, FILLING_TURN, PLACES = BoundedSemaphore(1), BoundedSemaphore(2), BoundedSemaphore(8)
PATIENCE = 30


class Busy(Failed):
    """Too many others wait, or it took them too long."""


def fields_of(template: Path) -> list[tuple[str, bool]]:
    """The fields of a template, and whether each stands alone. Raises Failed."""
    return NAMES.validate_json(run(Task("fields", template.parent), template, FILLING))


def filled(template: Path, filling: Filling, folder: Path) -> bytes:
    """The template with everything in its place, working in `folder`. Raises Failed; Busy where others wait."""
    given = folder / "filling.json"
    given.write_text(json.dumps(asdict(filling)), encoding="utf-8")
    with _waiting_for(FILLING_TURN):
        return run(Task("fill", folder, (str(given),)), template, FILLING)


def laid_out(soffice: str, document: bytes, folder: Path) -> bytes:
    """A Word document as a PDF, working in `folder`. Raises Failed; Busy where others wait."""
    source = folder / "filled.docx"
    source.write_bytes(document)
    with _waiting_for(TURN):
        return to_pdf(soffice, source, folder, LAYING_OUT).read_bytes()


@contextmanager
def _waiting_for(turn: BoundedSemaphore) -> Iterator[None]:
    if not PLACES.acquire(blocking=False):
        raise Busy("too many wait")
    try:
        if not turn.acquire(timeout=PATIENCE):
            raise Busy("others took too long")
        try:
            yield
        finally:
            turn.release()
    finally:
        PLACES.release()
