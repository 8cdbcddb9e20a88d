"""Table of topics."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Titles


class Topic(Base):
    """Something that documents are about. Its code never changes and is never given to another; names are data.

    `basis` is the text that it comes from. A topic is not deleted but retired (`retired_at`): what carries it keeps it,
    and nothing new takes it. `version` counts its changes.
    """

    __tablename__ = "topic"

    code: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    names: Mapped[Titles]
    basis: Mapped[str]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
