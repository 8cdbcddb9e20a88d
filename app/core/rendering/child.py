"""Entry point of the limited process: gives up rights, then reads a document or becomes the converter."""

import json
import os
import sys
from pathlib import Path

from app.core.inspection.child import confine_process
from app.core.rendering import docx_copy, docx_text, pdf, template_fields
from app.core.rendering.subprocess_limits import ProcessLimits


def main(limits_json: str, task: str, *arguments: str) -> None:
    """Run one task within the limits (JSON).

    `words`, `pages` and `fields` read standard input and answer in JSON; `fill` fills the template on standard input
    with the values in the file named; `copy` writes the document on standard input as it is to be converted; `become`
    replaces the process by another program, which keeps all limits. Raises ValueError for an unknown task.
    """
    process_limits = ProcessLimits(**json.loads(limits_json))
    confine_process(
        memory=process_limits.memory,
        cpu_seconds=process_limits.cpu_seconds,
        file=process_limits.max_file_bytes,
        descriptors=process_limits.descriptors,
        sockets=task == "become",
    )
    if task == "words":
        json.dump({"paragraphs": docx_text.read_docx_paragraphs(sys.stdin.buffer)}, sys.stdout)
    elif task == "pages":
        json.dump(pdf.extract_picture_and_paragraphs(sys.stdin.buffer), sys.stdout)
    elif task == "fields":
        json.dump(template_fields.list_template_fields(sys.stdin.buffer), sys.stdout)
    elif task == "fill":
        sys.stdout.buffer.write(
            template_fields.fill_template(sys.stdin.buffer, load_template_filling(Path(arguments[0])))
        )
    elif task == "copy":
        sys.stdout.buffer.write(docx_copy.copy_docx_for_conversion(sys.stdin.buffer))
    elif task == "become":
        os.execv(arguments[0], arguments)  # noqa: S606 - that program, with the arguments that we were given
    else:
        raise ValueError(task)


def load_template_filling(path: Path) -> template_fields.TemplateFilling:
    """Load the values of a template, which the parent process wrote as JSON."""
    values = json.loads(path.read_text(encoding="utf-8"))
    passages = [template_fields.TemplatePassage(**passage) for passage in values.pop("passages")]
    return template_fields.TemplateFilling(passages=passages, **values)
