"""Tables of the register: series with their counters, documents, and their language versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, Titles
from app.domain.bodies.models import Body


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
    """A registered document: one symbol, whatever the language. It has files, sources and a title in each language."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("series_id", "scope", "number"),
        CheckConstraint("number > 0", name="number_counts_from_one"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), index=True)
    series_id: Mapped[UUID] = mapped_column(ForeignKey(Series.id))
    scope: Mapped[str]
    number: Mapped[int]
    symbol: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    entity: Mapped[str]
    original: Mapped[str] = mapped_column(String(2))
    titles: Mapped[Titles]
    abstract: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(index=True)


class LanguageVersion(Base):
    """The text of a document in one language: exactly these bytes."""

    __tablename__ = "language_version"

    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    findings: Mapped[list[dict[str, object]]]
