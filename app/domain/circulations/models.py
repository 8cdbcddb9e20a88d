"""Tables of circulated versions: copies of a draft as it was put before the delegations. None of them ever changes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, Titles
from app.domain.bodies.models import Body
from app.domain.identity.models import Person
from app.domain.outputs.models import Output


class CirculatedVersion(Entity):
    """A draft as it was circulated: its cover, and `text_digest` over all of it. `number` counts those of one output.

    `sources` and `decisions` are the keys of what it was made from. `comments_by` is a wish: nothing ends on that day.
    """

    __tablename__ = "circulated_version"
    __table_args__ = (UniqueConstraint("output_id", "number"),)

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id))
    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), index=True)
    number: Mapped[int]
    note: Mapped[str]
    comments_by: Mapped[date | None]
    kind: Mapped[str]
    titles: Mapped[Titles]
    original: Mapped[str] = mapped_column(String(2))
    for_action: Mapped[list[str]]
    for_information: Mapped[list[str]]
    reply_by: Mapped[date | None]
    sources: Mapped[list[str]]
    decisions: Mapped[list[str]]
    text_digest: Mapped[str] = mapped_column(String(64))
    circulated_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    circulated_at: Mapped[datetime]


class CirculatedText(Base):
    """The text of a version in one language. Its paragraphs are those that were read from exactly these bytes."""

    __tablename__ = "circulated_text"

    version_id: Mapped[UUID] = mapped_column(ForeignKey(CirculatedVersion.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
