"""File inspection: what a file really is, what it contains, and whether it is accepted. Knows formats, not their
purpose.

`sandbox.inspect_in_sandbox` starts a separate, limited process (`child`), the only place where files are parsed:
`classify` tells the formats apart, `pdf` and `docx` hold the rules, `archive` and `xml` read without trusting anything.
That process starts for each file and imports this package: nothing that it does not need is imported here.
"""

from app.core.gate.findings import DOCX, PDF, Bounds, Finding, Level, Report
from app.core.gate.names import shown, shown_name

__all__ = ["DOCX", "PDF", "Bounds", "Finding", "Level", "Report", "shown", "shown_name"]
