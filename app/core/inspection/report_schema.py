"""Schema of reports and findings stored as JSON, read back strictly.

Separate from `findings`, because the limited process, which starts for each file, only writes and needs no pydantic.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.i18n import LazyText
from app.core.inspection.cover_reading import (
    MAX_LINE_LENGTH,
    MAX_PROSE_LENGTH,
    MAX_READ_PROPOSALS,
    CoverReading,
    ProposalReading,
)
from app.core.inspection.findings import Finding, FindingCode, FindingLevel, InspectionReport


def parse_finding(stored: object) -> Finding:
    """Parse a finding from a jsonb column. Raises ValidationError (a ValueError) for anything else."""
    return StoredFinding.model_validate(stored).to_finding()


def parse_report(text: bytes) -> InspectionReport:
    """Parse the JSON that the limited process wrote. Raises ValueError for anything else."""
    stored = StoredReport.model_validate_json(text)
    return InspectionReport(
        stored.kind,
        tuple(item.to_finding() for item in stored.findings),
        stored.pages,
        stored.title,
        stored.language,
        stored.reading.to_reading(),
    )


class StoredModel(BaseModel):
    """Base of the stored models: strict, frozen, without extra fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class StoredMessage(StoredModel):
    """A stored message with its values."""

    message: str = Field(max_length=1_000)
    values: Mapping[str, str | int]

    def to_lazy_text(self) -> LazyText:
        """Return it as a LazyText."""
        return LazyText(self.message, dict(self.values))


class StoredFinding(StoredModel):
    """A stored finding. Those of before 29 November 2026 have no code."""

    code: Annotated[FindingCode, Field(strict=False)] | None = None
    level: Literal["refused", "decide", "note", "fine"]
    what: StoredMessage
    where: str = Field(max_length=300)
    remedy: StoredMessage

    def to_finding(self) -> Finding:
        """Return it as a Finding."""
        level, what, remedy = FindingLevel(self.level), self.what.to_lazy_text(), self.remedy.to_lazy_text()
        return Finding(level, what, self.where, remedy, self.code)


class StoredProposalReading(StoredModel):
    """A proposal as it was read."""

    title: str = Field(min_length=1, max_length=MAX_LINE_LENGTH)
    kind: Literal["ADD", "MOD", "SUP", "NOC"] | None
    concerns: str | None = Field(max_length=MAX_LINE_LENGTH)


class StoredReading(StoredModel):
    """What was read on the cover."""

    title: str | None = Field(default=None, max_length=MAX_LINE_LENGTH)
    source: str | None = Field(default=None, max_length=MAX_LINE_LENGTH)
    purpose: str | None = Field(default=None, max_length=MAX_LINE_LENGTH)
    item: str | None = Field(default=None, max_length=MAX_LINE_LENGTH)
    abstract: str | None = Field(default=None, max_length=MAX_PROSE_LENGTH)
    action: str | None = Field(default=None, max_length=MAX_PROSE_LENGTH)
    contact: str | None = Field(default=None, max_length=MAX_PROSE_LENGTH)
    proposals: list[StoredProposalReading] = Field(default=[], max_length=MAX_READ_PROPOSALS)
    title_is_property: bool = False

    def to_reading(self) -> CoverReading:
        """Return it as a CoverReading."""
        proposals = tuple(ProposalReading(each.title, each.kind, each.concerns) for each in self.proposals)
        return CoverReading(
            title=self.title,
            source=self.source,
            purpose=self.purpose,
            item=self.item,
            abstract=self.abstract,
            action=self.action,
            contact=self.contact,
            proposals=proposals,
            title_is_property=self.title_is_property,
        )


class StoredReport(StoredModel):
    """A stored report."""

    kind: Literal["application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"] | None
    findings: list[StoredFinding] = Field(max_length=200)
    pages: int | None
    title: str | None = Field(max_length=500)
    language: str | None = Field(max_length=40)
    reading: StoredReading = StoredReading()
    """Absent from the report of a service of an earlier version."""
