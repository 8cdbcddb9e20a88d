"""What the gate says about a file, in a form that can be kept as JSON (see `kept`) and shown in any language."""

from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import Text

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

MIB = 1024 * 1024


class Level(StrEnum):
    """From worst to best. `decide` and better come in; `decide` asks a person to look before the file goes out."""

    REFUSED = "refused"
    DECIDE = "decide"
    NOTE = "note"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, where it is, and what its author can do about it."""

    level: Level
    what: Text
    where: str
    remedy: Text

    def to_json(self) -> dict[str, object]:
        """Plain values for a jsonb column: the sentences as message and values, not yet in a language."""
        return {
            "level": self.level.value,
            "what": {"message": self.what.message, "values": dict(self.what.values)},
            "where": self.where,
            "remedy": {"message": self.remedy.message, "values": dict(self.remedy.values)},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one file. `kind` is None when it is neither a PDF nor a DOCX."""

    kind: str | None
    findings: tuple[Finding, ...]
    pages: int | None = None
    title: str | None = None
    language: str | None = None

    @property
    def refused(self) -> bool:
        return any(finding.level is Level.REFUSED for finding in self.findings)

    def to_json(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "findings": [finding.to_json() for finding in self.findings],
            "pages": self.pages,
            "title": self.title,
            "language": self.language,
        }


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the examination of one file may cost, and how large it may unpack to."""

    seconds: int = 60
    cpu_seconds: int = 40
    memory: int = 1024 * MIB
    pages: int = 5_000
    objects: int = 3_000_000
    entries: int = 4_000
    unpacked: int = 512 * MIB
    part: int = 64 * MIB
    ratio: int = 50
    ratio_above: int = 64 * MIB
