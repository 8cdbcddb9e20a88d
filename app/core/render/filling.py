"""Templates in Word filled, and made into PDFs: from our side of the bounded processes."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter

from app.core.render.bounded import Failed, Limits, Task, run
from app.core.render.fields import Filling
from app.core.render.office import CONVERTING, to_pdf

FILLING = Limits(seconds=30, cpu_seconds=20)
NAMES = TypeAdapter(list[tuple[str, bool]])
LAYING_OUT = replace(CONVERTING, seconds=60, cpu_seconds=45)
# Laying out is work for a processor: one at a time, and a few others wait, so that reading goes on beside it.
TURN = Lock()
PATIENCE = 30


def fields_of(template: Path) -> list[tuple[str, bool]]:
    """The fields of a template, and whether each stands alone. Raises Failed."""
    return NAMES.validate_json(run(Task("fields", template.parent), template, FILLING))


def filled(template: Path, filling: Filling, folder: Path) -> bytes:
    """The template with everything in its place, working in `folder`. Raises Failed."""
    given = folder / "filling.json"
    given.write_text(json.dumps(asdict(filling)), encoding="utf-8")
    return run(Task("fill", folder, (str(given),)), template, FILLING)


def laid_out(soffice: str, document: bytes, folder: Path) -> bytes:
    """A Word document as a PDF, working in `folder`. Raises Failed, also where too many others wait."""
    source = folder / "filled.docx"
    source.write_bytes(document)
    if not TURN.acquire(timeout=PATIENCE):
        raise Failed("others are laid out first")
    try:
        return to_pdf(soffice, source, folder, LAYING_OUT).read_bytes()
    finally:
        TURN.release()
