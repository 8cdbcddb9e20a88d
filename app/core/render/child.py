"""What runs in the bounded process: give up what is not needed, then read a document, or become the converter."""

import json
import os
import sys
from pathlib import Path

from app.core.gate.child import confine
from app.core.render import docx_text, fields, pdf
from app.core.render.bounded import Limits


def main(limits: str, task: str, *arguments: str) -> None:
    """Do one task within `limits` (JSON): `words`, `pages` and `fields` read standard input and answer in JSON; `fill`
    fills the template there, with what the file named has; `become` another program keeps every limit."""
    most = Limits(**json.loads(limits))
    confine(
        memory=most.memory,
        cpu_seconds=most.cpu_seconds,
        file=most.file,
        descriptors=most.descriptors,
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
    """What is to be filled in, as our own side wrote it."""
    said = json.loads(path.read_text(encoding="utf-8"))
    passages = [fields.Passage(**each) for each in said.pop("passages")]
    return fields.Filling(passages=passages, **said)
