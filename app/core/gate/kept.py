"""Schema of reports and findings stored as JSON, read back strictly.

Separate from `findings`, because the limited process, which starts for each file, only writes and needs no pydantic.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.gate.findings import Finding, Level, Report
from app.core.i18n import Text


def finding(kept: object) -> Finding:
    """Parse a finding from a jsonb column. Raises ValidationError (a ValueError) for anything else."""
    return KeptFinding.model_validate(kept).finding()


def report(text: bytes) -> Report:
    """Parse the JSON that the limited process wrote. Raises ValueError for anything else."""
    stored = KeptReport.model_validate_json(text)
    return Report(
        stored.kind, tuple(item.finding() for item in stored.findings), stored.pages, stored.title, stored.language
    )


class Kept(BaseModel):
    """Base of the stored models: strict, frozen, without extra fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class KeptText(Kept):
    """A stored message with its values."""

    message: str = Field(max_length=1_000)
    values: Mapping[str, str | int]

    def text(self) -> Text:
        """Return it as a LazyText."""
        return Text(self.message, dict(self.values))


class KeptFinding(Kept):
    """A stored finding."""

    level: Literal["refused", "decide", "note", "fine"]
    what: KeptText
    where: str = Field(max_length=300)
    remedy: KeptText

    def finding(self) -> Finding:
        """Return it as a Finding."""
        return Finding(Level(self.level), self.what.text(), self.where, self.remedy.text())


class KeptReport(Kept):
    """A stored report."""

    kind: Literal["application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"] | None
    findings: list[KeptFinding] = Field(max_length=200)
    pages: int | None
    title: str | None = Field(max_length=500)
    language: str | None = Field(max_length=40)
