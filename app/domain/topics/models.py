"""Table of topics."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, LocalizedText


class Topic(Base):
    """A topic of documents. Its code never changes and is never reused; names can be edited.

    `basis` is the text that it comes from. A topic is not deleted but retired (`retired_at`): documents that have it
    keep it, and it cannot be chosen any more. `version` counts its changes.
    """

    __tablename__ = "topic"

    code: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    names: Mapped[LocalizedText]
    basis: Mapped[str]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
