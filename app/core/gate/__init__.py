"""The gate: what a file really is, what is in it, and whether it may come in. Knows documents, not what they are for.

`examine` starts a separate, bounded process (`child`), where alone files are parsed: `look` tells the kinds apart,
`pdf` and `docx` hold the rules, `archive` and `xml` read without trusting anything.
"""

from app.core.gate.findings import DOCX, PDF, Bounds, Finding, Level, Report
from app.core.gate.names import shown, shown_name
from app.core.gate.sandbox import examine

__all__ = ["DOCX", "PDF", "Bounds", "Finding", "Level", "Report", "examine", "shown", "shown_name"]
