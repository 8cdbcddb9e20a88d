"""The gate: what a file really is, what is in it, and whether it may come in. Knows documents, not what they are for.

`sandbox.examine` starts a separate, bounded process (`child`), where alone files are parsed: `look` tells the kinds
apart, `pdf` and `docx` hold the rules, `archive` and `xml` read without trusting anything. That process starts for each
file and imports this package: nothing that it can do without is imported here.
"""

from app.core.gate.findings import DOCX, PDF, Bounds, Finding, Level, Report
from app.core.gate.names import shown, shown_name

__all__ = ["DOCX", "PDF", "Bounds", "Finding", "Level", "Report", "shown", "shown_name"]
