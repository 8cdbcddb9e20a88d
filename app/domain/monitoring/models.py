"""Tables of the worker's measurements, and of who is refused very often."""

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


class FrequentRefusal(Base):
    """Who was refused very often within minutes, and when that was last noticed: `person:` with their id, or `address:`
    with a digest under a key of that day. Deleted after a day."""

    __tablename__ = "refused_often"
    __table_args__ = ({"info": {UNRECORDED: "It is kept for a day, for the operator."}},)

    who: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
