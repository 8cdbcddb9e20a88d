"""The facts of receipts of adoption and of release (docs/receipts.md)."""

from collections.abc import Iterable
from typing import Any

from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output, OutputFile
from app.domain.receipts.rules import build_file_facts


def build_output_facts(output: Output, body: Body, meeting: Meeting, files: Iterable[OutputFile]) -> dict[str, Any]:
    """Return the facts that both receipts of an output have in common. `files` are the adopted ones."""
    return {
        "body": {"code": body.code, "prefix": body.prefix},
        "files": [build_file_facts(file) for file in files],
        "meeting": {"number": meeting.number, "zone": meeting.zone},
        "original": output.original,
        "output": str(output.id),
        "symbol": output.symbol,
        "text": output.text_digest,
        "titles": dict(output.titles),
    }
