"""What the confined process does with a file that is inspected: reads it by the rules, writes the report."""

import json
from typing import BinaryIO

from app.core.inspection.classify import inspect_stream
from app.core.inspection.findings import InspectionLimits


def inspect_file(source: BinaryIO, arguments: bytes) -> bytes:
    """Inspect a file within the limits in the arguments (JSON); return an InspectionReport as JSON."""
    report = inspect_stream(source, InspectionLimits(**json.loads(arguments)))
    return json.dumps(report.to_json()).encode()
