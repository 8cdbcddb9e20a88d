"""Tables of circulated versions, which never change, of comments of States on them, and of answers."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, LocalizedText
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Output


class CirculatedVersion(Entity):
    """A draft as it was circulated: its cover, and `text_digest` over all of it. `number` counts those of one output.

    `sources` and `decisions` are keys of its sources. `comments_by` is a wish: comments are accepted after that day
    too.
    """

    __tablename__ = "circulated_version"
    __table_args__ = (UniqueConstraint("output_id", "number"),)

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id))
    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), index=True)
    number: Mapped[int]
    note: Mapped[str]
    comments_by: Mapped[date | None]
    kind: Mapped[str]
    titles: Mapped[LocalizedText]
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
    """The text of a version in one language. Its paragraphs are those extracted from exactly these bytes."""

    __tablename__ = "circulated_text"

    version_id: Mapped[UUID] = mapped_column(ForeignKey(CirculatedVersion.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]


class CommentKind(StrEnum):
    """Kind of a comment: a remark, or another wording of the paragraph."""

    REMARK = "remark"
    WORDING = "wording"


class CommentAnswerKind(StrEnum):
    """How a comment was answered."""

    TAKEN_IN_FULL = "taken"
    TAKEN_IN_PART = "in_part"
    NOT_TAKEN = "not_taken"


class Comment(Entity):
    """A comment of a State on a circulated version, in its own words and language.

    It is about `paragraph` of the text in `language`, counted from 1, which reads `was`; 0 is the whole text.
    """

    __tablename__ = "output_comment"

    version_id: Mapped[UUID] = mapped_column(ForeignKey(CirculatedVersion.id), index=True)
    language: Mapped[str] = mapped_column(String(2))
    paragraph: Mapped[int]
    was: Mapped[str]
    entity: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    version: Mapped[int] = mapped_column(default=1)
    put_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    put_at: Mapped[datetime]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    changed_at: Mapped[datetime | None]
    taken_back_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    taken_back_at: Mapped[datetime | None]


class CommentAnswer(Base):
    """An answer of the chair or the secretariat. The highest `number` counts; earlier ones are kept."""

    __tablename__ = "output_comment_answer"

    comment_id: Mapped[UUID] = mapped_column(ForeignKey(Comment.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    answer: Mapped[str]
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    answered_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    answered_at: Mapped[datetime]
