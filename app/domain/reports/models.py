"""Tables of reports. A report is a row of revisions; each holds all of its paragraphs and never changes."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity
from app.domain.documents.models import Document
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting


class Stage(StrEnum):
    """Where a report stands; `none` before there is one."""

    NONE = "none"
    DRAFT = "draft"
    CIRCULATED = "circulated"
    ADOPTED = "adopted"
    REGISTERED = "registered"


class Attribution(StrEnum):
    """Whether speakers are named or stay "a Member State". What a State put on record always bears its name."""

    NAMED = "named"
    ANONYMOUS = "anonymous"


class Answer(StrEnum):
    """What became of a correction."""

    ASKED = "asked"
    TAKEN = "taken"
    DECLINED = "declined"


class Report(Entity):
    """The report of a meeting. `revision` is its latest revision; delegations see those from `circulated_as` on."""

    __tablename__ = "report"

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), unique=True)
    lang: Mapped[str] = mapped_column(String(2))
    attribution: Mapped[str]
    stage: Mapped[str]
    revision: Mapped[int]
    circulated_as: Mapped[int | None]
    circulated_at: Mapped[datetime | None]
    adopted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    adopted_at: Mapped[datetime | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey(Document.id))


class ReportRevision(Base):
    """The whole report as it was saved once: paragraphs as they are in `app.domain.reports.paragraphs`."""

    __tablename__ = "report_revision"

    report_id: Mapped[UUID] = mapped_column(ForeignKey(Report.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    paragraphs: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    made_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    made_at: Mapped[datetime]


class ReportCorrection(Entity):
    """How a State wants a paragraph of the circulated report to read, and what became of that.

    `paragraph` is the paragraph's key, `revision` the one that the delegate read, `was` what stood there.
    """

    __tablename__ = "report_correction"

    report_id: Mapped[UUID] = mapped_column(ForeignKey(Report.id), index=True)
    paragraph: Mapped[str]
    revision: Mapped[int]
    was: Mapped[str]
    entity: Mapped[str]
    text: Mapped[str]
    state: Mapped[str] = mapped_column(default=Answer.ASKED)
    reason: Mapped[str] = mapped_column(default="")
    asked_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    asked_at: Mapped[datetime]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    answered_at: Mapped[datetime | None]
