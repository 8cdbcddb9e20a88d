"""Reads back, strictly, what the gate wrote as JSON.

Not part of `findings`, because the bounded process only writes: it starts for each file, without what reading takes.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.gate.findings import Finding, Level, Report
from app.core.i18n import Text


def finding(kept: object) -> Finding:
    """A finding from a jsonb column. Raises pydantic's ValidationError (a ValueError) for anything else."""
    return KeptFinding.model_validate(kept).finding()


def report(text: bytes) -> Report:
    """From the JSON that the bounded process wrote. Raises ValueError for anything else."""
    read = KeptReport.model_validate_json(text)
    return Report(read.kind, tuple(each.finding() for each in read.findings), read.pages, read.title, read.language)


class Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class KeptText(Kept):
    message: str = Field(max_length=1_000)
    values: Mapping[str, str | int]

    def text(self) -> Text:
        return Text(self.message, dict(self.values))


class KeptFinding(Kept):
    level: Literal["refused", "decide", "note", "fine"]
    what: KeptText
    where: str = Field(max_length=300)
    remedy: KeptText

    def finding(self) -> Finding:
        return Finding(Level(self.level), self.what.text(), self.where, self.remedy.text())


class KeptReport(Kept):
    kind: Literal["application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"] | None
    findings: list[KeptFinding] = Field(max_length=200)
    pages: int | None
    title: str | None = Field(max_length=500)
    language: str | None = Field(max_length=40)
