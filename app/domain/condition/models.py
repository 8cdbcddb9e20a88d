"""Table of what the worker measures."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Measured(Base):
    """The last measure of one thing, and when it was taken. Only what could be measured has a row."""

    __tablename__ = "measured"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
    at: Mapped[datetime]
