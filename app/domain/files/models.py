"""Tables of what is known of a file by its digest: the verdict of the virus scanner, and its renditions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class VirusScanResult(Base):
    """The scanner's verdict on the file with this digest (state: `State` of the scanner); `what` names the virus."""

    __tablename__ = "scan"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str]
    what: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]


class RenditionState(StrEnum):
    """State of the renditions of a file."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class Rendition(Base):
    """The renditions of the file with this digest.

    `pdf` and `picture` are digests in the store (`pdf` is the file itself if it is a PDF, None if no converter is
    installed); `paragraphs` is its text in order; `tries` counts the attempts.
    """

    __tablename__ = "rendition"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(default=RenditionState.WAITING)
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int | None]
    pdf: Mapped[str | None] = mapped_column(String(64))
    pdf_size: Mapped[int | None]
    picture: Mapped[str | None] = mapped_column(String(64))
    paragraphs: Mapped[list[str] | None]
