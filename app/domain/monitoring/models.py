"""Table of the worker's measurements."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base


class Measurement(Base):
    """The last measurement of one value, and when it was taken. A value that could not be measured has no row."""

    __tablename__ = "measured"
    __table_args__ = ({"info": {UNRECORDED: "It is measured again within a minute."}},)

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
    at: Mapped[datetime]
