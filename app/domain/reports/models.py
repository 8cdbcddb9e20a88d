"""Tables of reports. A report has revisions; each holds all of its paragraphs and never changes.

Reports of a body are laid out by a template; former templates are kept.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity
from app.domain.bodies.models import Body
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting


class ReportStage(StrEnum):
    """Stage of a report; `none` before there is one."""

    NONE = "none"
    DRAFT = "draft"
    CIRCULATED = "circulated"
    ADOPTED = "adopted"
    REGISTERED = "registered"


class SpeakerAttribution(StrEnum):
    """Naming of speakers: by name, or as "a Member State". Positions put on record always name the State."""

    NAMED = "named"
    ANONYMOUS = "anonymous"


class CorrectionStatus(StrEnum):
    """Status of a correction that a State requested."""

    ASKED = "asked"
    TAKEN = "taken"
    DECLINED = "declined"


class Report(Entity):
    """The report of a meeting. `revision` is the latest revision; delegations see those from `circulated_as` on.
    Without `corrections_due_at`, corrections can be requested until it is adopted."""

    __tablename__ = "report"

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), unique=True)
    lang: Mapped[str] = mapped_column(String(2))
    attribution: Mapped[str]
    stage: Mapped[str]
    revision: Mapped[int]
    circulated_as: Mapped[int | None]
    circulated_at: Mapped[datetime | None]
    corrections_due_at: Mapped[datetime | None]
    adopted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    adopted_at: Mapped[datetime | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey(Document.id))


class ReportRevision(Base):
    """All paragraphs of a report as saved once, in the format of `app.domain.reports.rules.paragraphs`."""

    __tablename__ = "report_revision"

    report_id: Mapped[UUID] = mapped_column(ForeignKey(Report.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    paragraphs: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    made_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    made_at: Mapped[datetime]


class ReportCorrection(Entity):
    """The text that a State requests for a paragraph of the circulated report, and the answer.

    `paragraph` is the key of the paragraph, `revision` the one that the delegate read, `was` its text there.
    """

    __tablename__ = "report_correction"

    report_id: Mapped[UUID] = mapped_column(ForeignKey(Report.id), index=True)
    paragraph: Mapped[str]
    revision: Mapped[int]
    was: Mapped[str]
    entity: Mapped[str]
    text: Mapped[str]
    state: Mapped[str] = mapped_column(default=CorrectionStatus.ASKED)
    reason: Mapped[str] = mapped_column(default="")
    asked_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    asked_at: Mapped[datetime]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    answered_at: Mapped[datetime | None]


class ReportComment(Entity):
    """What a delegation, the chair or the secretariat says of a paragraph of the report; never part of its text.

    `paragraph` is the key of the paragraph, `revision` the one that was read, `was` its text there. `author` is a
    State, or an office as of an action point. One that was written at the stage `draft` stays with the chair's tools.
    """

    __tablename__ = "report_comment"

    report_id: Mapped[UUID] = mapped_column(ForeignKey(Report.id), index=True)
    paragraph: Mapped[str]
    revision: Mapped[int]
    was: Mapped[str]
    stage: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    written_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    written_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")
    answer_lang: Mapped[str | None] = mapped_column(String(2))
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    answered_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    resolved_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ReportTemplate(Entity):
    """The template of the reports of a body from `put_at` on. `sha256` is None for the built-in template."""

    __tablename__ = "report_template"

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), index=True)
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int]
    name: Mapped[str]
    put_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    put_at: Mapped[datetime]
