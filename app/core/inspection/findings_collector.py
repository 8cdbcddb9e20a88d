"""Collector of findings, bounded so that a file cannot make the report endless."""

from dataclasses import dataclass, field

from app.core.i18n import LazyText
from app.core.inspection.cover_reading import NOTHING_READ, CoverReading
from app.core.inspection.display_names import to_display_text
from app.core.inspection.findings import MAX_ELEMENTS, Finding, FindingCode, FindingLevel

MAX_FINDINGS_PER_LEVEL = 40
MAX_ALIKE_FINDINGS = 5


class InspectionStopped(Exception):
    """Raised after a refusal that makes the rest of the file unreadable."""


@dataclass(slots=True)
class FindingsCollector:
    """Findings so far; pages, title, language and cover as far as known; and how many XML elements may follow."""

    findings: list[Finding] = field(default_factory=list)
    pages: int | None = None
    title: str | None = None
    language: str | None = None
    reading: CoverReading = NOTHING_READ
    elements_left: int = MAX_ELEMENTS

    def add_refusal(self, what: LazyText, where: str, remedy: LazyText) -> None:
        """Add a finding that refuses the file."""
        self._add(FindingLevel.REFUSED, what, where, remedy)

    def add_finding_to_decide(self, code: FindingCode, what: LazyText, where: str, remedy: LazyText) -> None:
        """Add a finding that a person has to decide about; `code` is what it is about."""
        self._add(FindingLevel.DECIDE, what, where, remedy, code)

    def add_note(self, what: LazyText, where: str, remedy: LazyText) -> None:
        """Add a finding for information."""
        self._add(FindingLevel.NOTE, what, where, remedy)

    def add_finding_needing_no_action(self, what: LazyText, where: str, remedy: LazyText) -> None:
        """Add a finding that needs no action."""
        self._add(FindingLevel.FINE, what, where, remedy)

    def add_refusal_and_build_stop(self, what: LazyText, where: str, remedy: LazyText) -> InspectionStopped:
        """Add a refusal and return the exception: `raise collector.add_refusal_and_build_stop(…)`."""
        self.add_refusal(what, where, remedy)
        return InspectionStopped()

    def _add(
        self, level: FindingLevel, what: LazyText, where: str, remedy: LazyText, code: FindingCode | None = None
    ) -> None:
        """Add a finding unless it is a duplicate or a limit is reached."""
        finding = Finding(level, clean_values(what), to_display_text(where), clean_values(remedy), code)
        alike = [other for other in self.findings if (other.level, other.what.message) == (level, what.message)]
        # Each level has its own limit: many notes must not displace a refusal.
        count_of_level = sum(other.level is level for other in self.findings)
        if finding not in alike and len(alike) < MAX_ALIKE_FINDINGS and count_of_level < MAX_FINDINGS_PER_LEVEL:
            self.findings.append(finding)


def clean_values(text: LazyText) -> LazyText:
    """Clean the values of a message, which come out of the file, for display and storage."""
    values = {
        name: value if isinstance(value, int) else to_display_text(str(value), 120)
        for name, value in text.values.items()
    }
    return LazyText(text.message, values)
