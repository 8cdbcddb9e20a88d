"""Table of scans."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Scan(Base):
    """The scanner's verdict on the file with this digest (state: `State` of the scanner); `what` names the virus."""

    __tablename__ = "scan"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str]
    what: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
