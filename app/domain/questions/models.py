"""Table of Questions."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Entity, LocalizedText
from app.domain.bodies.models import Body


class Question(Entity):
    """A Question of a body, such as Q6/3, studied from one day to another. Its code never changes.

    `titles` are by language, one at least. `confirmed` names the languages in which the title was compared with the
    source; in the others it is to be confirmed, and shown by the list of Questions alone. None is from before this was
    noted: every title was compared. It is never deleted: documents name it.
    """

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("body_id", "code"),
        CheckConstraint("until_on >= from_on", name="ends_after_it_begins"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    code: Mapped[str]
    position: Mapped[int]
    titles: Mapped[LocalizedText]
    confirmed: Mapped[list[str] | None]
    from_on: Mapped[date]
    until_on: Mapped[date]
