"""Tables of what is known of a file, by its digest: the verdict of the virus scanner, and its renditions, both of which
each contribution has for itself; and whose files were refused within the last minutes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.domain.identity.models.tables import Person

WHEN_SCANNED = "What counts is the verdict of the scanner."


class VirusScanColumns:
    """Columns of the scanner's verdict on the file with this digest (state: `ScanState`); `what` names the virus."""

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str]
    what: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime] = mapped_column(info={UNRECORDED: WHEN_SCANNED})
    checked_at: Mapped[datetime | None] = mapped_column(info={UNRECORDED: WHEN_SCANNED})


class VirusScanResult(VirusScanColumns, Base):
    """The scanner's verdict on a file of anything but a contribution."""

    __tablename__ = "scan"


class ContributionScanResult(VirusScanColumns, Base):
    """The scanner's verdict on a file of a contribution.

    It is asked for each even if the same bytes were scanned before: otherwise its State could see by a verdict that is
    there, while the scanner does not answer, that somebody else has these bytes.
    """

    __tablename__ = "contribution_scan"
    __table_args__ = (Index("ix_contribution_scan_sha256", "sha256"),)

    contribution_id: Mapped[UUID] = mapped_column(
        ForeignKey("portal.contribution.id", ondelete="CASCADE"), primary_key=True
    )


class RenditionState(StrEnum):
    """State of the renditions of a file."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


OF_AN_ATTEMPT = "It says whether the renditions are being made; what is shown are the renditions."


class RenditionColumns:
    """Columns of the renditions of a file, which are named in the tables by its digest.

    `pdf` and `picture` are digests in the store (`pdf` is the file itself if it is a PDF, None if no converter is
    installed); `paragraphs` is its text in order, `heading_levels` their levels as headings, 0 where one is no heading;
    `tries` counts the attempts, and `interrupted_at` is when the service that opens files last ended with one.
    `undrawn` is what the PDF does not show (`app.core.rendering.undrawn.UndrawnContent`). It and `heading_levels` are
    None if there is nothing, or it was not looked for.
    """

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(default=RenditionState.WAITING, info={UNRECORDED: OF_AN_ATTEMPT})
    asked_at: Mapped[datetime] = mapped_column(info={UNRECORDED: OF_AN_ATTEMPT})
    made_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, info={UNRECORDED: OF_AN_ATTEMPT})
    interrupted_at: Mapped[datetime | None] = mapped_column(info={UNRECORDED: OF_AN_ATTEMPT})
    pages: Mapped[int | None]
    pdf: Mapped[str | None] = mapped_column(String(64))
    pdf_size: Mapped[int | None]
    picture: Mapped[str | None] = mapped_column(String(64))
    paragraphs: Mapped[list[str] | None]
    heading_levels: Mapped[list[int] | None]
    undrawn: Mapped[list[dict[str, object]] | None]


class Rendition(RenditionColumns, Base):
    """The renditions of a file of a document, an output, a circulation or a silence procedure."""

    __tablename__ = "rendition"


class ContributionRendition(RenditionColumns, Base):
    """The renditions of a file of a contribution.

    They are made for it even if the same bytes were rendered before: otherwise its State could see by them that
    somebody else has these bytes.
    """

    __tablename__ = "contribution_rendition"

    contribution_id: Mapped[UUID] = mapped_column(
        ForeignKey("portal.contribution.id", ondelete="CASCADE"), primary_key=True
    )


class PdfColumns:
    """Columns of the PDF of a text: digest in the store and size in bytes; None if there is none, or if the text is a
    PDF itself. Unlike that of a rendition it is part of the text: it is adopted and released with it."""

    pdf: Mapped[str | None] = mapped_column(String(64))
    pdf_size: Mapped[int | None]


PDF_IS_WHOLE = "num_nulls(pdf, pdf_size) IN (0, 2)"
"""The check of a table with `PdfColumns`."""


class RecentRefusal(Entity):
    """A file of this person that was refused within the last minutes, at the upload or by the worker afterwards."""

    __tablename__ = "recent_refusal"
    __table_args__ = ({"info": {UNRECORDED: "It is kept for ten minutes, and decides nothing but a pause."}},)

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    refused_at: Mapped[datetime]
