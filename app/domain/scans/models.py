"""Table of scans."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Scan(Base):
    """What the scanner said of the file with this digest (`app.core.scanner.State`); `what` names what it found."""

    __tablename__ = "scan"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str]
    what: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
