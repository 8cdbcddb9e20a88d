"""What runs in the bounded process: give up what is not needed, then read a document, or become the converter."""

import json
import os
import sys

from app.core.gate.child import confine
from app.core.render import docx_text, pdf
from app.core.render.bounded import Limits


def main(limits: str, task: str, *arguments: str) -> None:
    """Do one task within `limits` (JSON): `words` and `pages` read standard input and answer in JSON; `become` another
    program keeps every limit."""
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
    elif task == "become":
        os.execv(arguments[0], arguments)  # noqa: S606 - that program, with the arguments that we were given
    else:
        raise ValueError(task)
