"""File inspection: what a file really is, what it contains, and whether it is accepted. Knows formats, not their
purpose.

`sandbox.inspect_in_sandbox` asks the service that opens files, whose confined process is the only place where they are
parsed (`child`): `classify` tells the formats apart, `pdf` and `docx` hold the rules, `archive` and `xml` read without
trusting anything.
"""

from app.core.inspection.cover_reading import CoverReading, ProposalReading
from app.core.inspection.display_names import to_display_name, to_display_text
from app.core.inspection.findings import (
    DOCX,
    PDF,
    Finding,
    FindingCode,
    FindingLevel,
    InspectionLimits,
    InspectionReport,
)

__all__ = [
    "DOCX",
    "PDF",
    "CoverReading",
    "Finding",
    "FindingCode",
    "FindingLevel",
    "InspectionLimits",
    "InspectionReport",
    "ProposalReading",
    "to_display_name",
    "to_display_text",
]
