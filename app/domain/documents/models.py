"""Tables of the register: series with their counters, documents, their editions, and the files of each edition."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, Titles
from app.domain.bodies.models import Body
from app.domain.identity.models import Person


class Step(StrEnum):
    """What an edition is to its document: its first text, a revision that replaces it, or a part beside it."""

    TEXT = "text"
    REVISION = "rev"
    ADDENDUM = "add"
    CORRIGENDUM = "corr"


class Access(StrEnum):
    """Who may read a document; its submitter chooses."""

    GROUP = "group"
    MEMBERSHIP = "membership"
    PUBLIC = "public"


class Ending(StrEnum):
    """How a document ended. Its number stays taken, and a tombstone says who ended it, when and why."""

    WITHDRAWN = "withdrawn"
    VOID = "void"


class Series(Entity):
    """A run of numbers of a body, such as C for contributions; `symbol` is the body's own format."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("body_id", "code"),)

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    code: Mapped[str]
    symbol: Mapped[str]


class Counter(Base):
    """The last number taken in a series within a scope (a meeting). The row is locked by whoever takes the next."""

    __tablename__ = "counter"

    series_id: Mapped[UUID] = mapped_column(ForeignKey(Series.id), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Document(Entity):
    """A registered document: one symbol, whatever the language and the revision.

    `original`, `titles` and `abstract` are those of the text in force; `revision` is its number, 0 for the first text.
    `ended_as` is None while it stands.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("series_id", "scope", "number"),
        CheckConstraint("number > 0", name="number_counts_from_one"),
        # The list of all is read in this order, page by page, however long the archive is.
        Index(None, "body_id", "registered_at", "number"),
        Index(None, "body_id", "scope"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    series_id: Mapped[UUID] = mapped_column(ForeignKey(Series.id))
    scope: Mapped[str]
    number: Mapped[int] = mapped_column(index=True)
    symbol: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    entity: Mapped[str]
    original: Mapped[str] = mapped_column(String(2))
    titles: Mapped[Titles]
    abstract: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(default=0)
    access: Mapped[str] = mapped_column(default=Access.GROUP)
    ended_as: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    ended_because: Mapped[str | None]


class Edition(Entity):
    """A text of a document: the first one, a revision, an addendum or a corrigendum. It never changes.

    `number` counts within the document and the step, 0 for the first text. `only_language` names the one language
    that a corrigendum concerns.
    """

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("document_id", "step", "number"),)

    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id))
    step: Mapped[str]
    number: Mapped[int]
    symbol: Mapped[str] = mapped_column(unique=True)
    original: Mapped[str] = mapped_column(String(2))
    titles: Mapped[Titles]
    abstract: Mapped[str]
    note: Mapped[str]
    only_language: Mapped[str | None] = mapped_column(String(2))
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))


class LanguageVersion(Base):
    """The text of an edition in one language: exactly these bytes."""

    __tablename__ = "language_version"

    edition_id: Mapped[UUID] = mapped_column(ForeignKey(Edition.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    findings: Mapped[list[dict[str, object]]]


class Sponsor(Base):
    """A State that signed an edition beside its submitter (`joined_at` is its registration), or supported it later."""

    __tablename__ = "sponsor"

    edition_id: Mapped[UUID] = mapped_column(ForeignKey(Edition.id), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    signed: Mapped[bool]
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    joined_at: Mapped[datetime]
