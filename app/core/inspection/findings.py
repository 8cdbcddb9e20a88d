"""Findings and reports of the inspection, stored as JSON (`report_schema` reads them back) and shown in any
language."""

from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import LazyText
from app.core.inspection.cover_reading import NOTHING_READ, CoverReading

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

MIB = 1024 * 1024
MAX_ELEMENTS = 2_000_000
"""XML elements of all parts together. The Universal Declaration of Human Rights, eight pages, has some 3,000."""


class FindingLevel(StrEnum):
    """Severity, from worst to best. Files are accepted from `decide` on; `decide` asks a person to look before
    publication."""

    REFUSED = "refused"
    DECIDE = "decide"
    NOTE = "note"
    FINE = "fine"


class FindingCode(StrEnum):
    """What a finding is about that a person decides. Stored: the values stay, whatever the messages say."""

    CHANGES = "tracked-changes"
    COMMENTS = "comments"
    HIDDEN = "hidden-text"
    PLACE = "picture-place"
    LINK = "link"
    OTHER_FILE = "other-file"
    RESTRICTED = "restricted"
    LAYERS = "layers"
    REDACTION = "redaction"
    ENDING = "ending"
    LANGUAGE = "language"
    SOURCE = "source"
    UNFILLED = "unfilled-fields"
    TITLE = "title"
    """The title read in the file: to be decided only if it is not that of the cover."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: what it is, where it is, and what the author can do about it.

    `code` is None where there is nothing to decide, and in what was stored before 29 November 2026.
    """

    level: FindingLevel
    what: LazyText
    where: str
    remedy: LazyText
    code: FindingCode | None = None

    def to_json(self) -> dict[str, object]:
        """Return plain values for a jsonb column: messages with their values, not translated."""
        return ({"code": self.code.value} if self.code else {}) | {
            "level": self.level.value,
            "what": {"message": self.what.message, "values": dict(self.what.values)},
            "where": self.where,
            "remedy": {"message": self.remedy.message, "values": dict(self.remedy.values)},
        }


@dataclass(frozen=True, slots=True)
class InspectionReport:
    """All findings about one file. `kind` is its media type, None if it is neither PDF nor DOCX."""

    kind: str | None
    findings: tuple[Finding, ...]
    pages: int | None = None
    title: str | None = None
    language: str | None = None
    reading: CoverReading = NOTHING_READ

    @property
    def is_refused(self) -> bool:
        """True if a finding refuses the file."""
        return any(finding.level is FindingLevel.REFUSED for finding in self.findings)

    def to_json(self) -> dict[str, object]:
        """Return plain values, as `Finding.to_json` does."""
        return {
            "kind": self.kind,
            "findings": [finding.to_json() for finding in self.findings],
            "pages": self.pages,
            "title": self.title,
            "language": self.language,
            "reading": self.reading.to_json(),
        }


@dataclass(frozen=True, slots=True)
class InspectionLimits:
    """Limits of one inspection: seconds, bytes of memory, and how large and complex a file may be, sizes in bytes."""

    seconds: float = 60
    cpu_seconds: int = 20
    memory: int = 1024 * MIB
    max_pages: int = 5_000
    max_objects: int = 3_000_000
    max_entries: int = 4_000
    max_unpacked_bytes: int = 512 * MIB
    max_part_bytes: int = 64 * MIB
    max_elements: int = MAX_ELEMENTS
    max_ratio: int = 50
    ratio_checked_above: int = 64 * MIB
