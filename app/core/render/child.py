"""Entry point of the limited process: gives up rights, then reads a document or becomes the converter."""

import json
import os
import sys
from pathlib import Path

from app.core.gate.child import confine
from app.core.render import docx_text, fields, pdf
from app.core.render.bounded import Limits


def main(limits: str, task: str, *arguments: str) -> None:
    """Run one task within the limits (JSON).

    `words`, `pages` and `fields` read standard input and answer in JSON; `fill` fills the template on standard input
    with the values in the file named; `become` replaces the process by another program, which keeps all limits. Raises
    ValueError for an unknown task.
    """
    process_limits = Limits(**json.loads(limits))
    confine(
        memory=process_limits.memory,
        cpu_seconds=process_limits.cpu_seconds,
        file=process_limits.file,
        descriptors=process_limits.descriptors,
        sockets=task == "become",
    )
    if task == "words":
        json.dump({"paragraphs": docx_text.read(sys.stdin.buffer)}, sys.stdout)
    elif task == "pages":
        json.dump(pdf.read(sys.stdin.buffer), sys.stdout)
    elif task == "fields":
        json.dump(fields.names(sys.stdin.buffer), sys.stdout)
    elif task == "fill":
        sys.stdout.buffer.write(fields.fill(sys.stdin.buffer, filling(Path(arguments[0]))))
    elif task == "become":
        os.execv(arguments[0], arguments)  # noqa: S606 - that program, with the arguments that we were given
    else:
        raise ValueError(task)


def filling(path: Path) -> fields.Filling:
    """Load the values of a template, which the parent process wrote as JSON."""
    values = json.loads(path.read_text(encoding="utf-8"))
    passages = [fields.Passage(**passage) for passage in values.pop("passages")]
    return fields.Filling(passages=passages, **values)
