"""Tables of the register: series with their counters, documents, their editions, and the files of each edition."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, LocalizedText
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.mandates.models import CitedCodes

ProposalRows = list[dict[str, object]]
"""Stored proposals: title, kind, concerns; on the register also part and number (see `proposals`)."""


class EditionStep(StrEnum):
    """Kind of an edition: the first text, a revision that replaces the text, or a part added to it."""

    TEXT = "text"
    REVISION = "rev"
    ADDENDUM = "add"
    CORRIGENDUM = "corr"


class DocumentAccess(StrEnum):
    """Readers of a document, as its submitter chooses."""

    GROUP = "group"
    MEMBERSHIP = "membership"
    PUBLIC = "public"


class DocumentEnding(StrEnum):
    """Way in which a document ended. Its number stays taken; a tombstone says who ended it, when and why."""

    WITHDRAWN = "withdrawn"
    VOID = "void"


class ActingSide(StrEnum):
    """Capacity in which somebody acts on a document: for the State that submitted it, or as the secretariat."""

    SUBMITTER = "submitter"
    SECRETARIAT = "secretariat"


class RelationKind(StrEnum):
    """Kind of relation of a document to an earlier one."""

    COMMENTS_ON = "comments-on"
    REPLIES_TO = "replies-to"
    SUPERSEDES = "supersedes"


class CorrectedField(StrEnum):
    """Property of a registered document that may be changed, with a reason, on record."""

    TITLE = "title"
    ABSTRACT = "abstract"
    ACCESS = "access"
    TOPICS = "topics"
    MANDATES = "mandates"
    ACTION_LINES = "action_lines"
    PROPOSALS = "proposals"


class ProposalKind(StrEnum):
    """Effect of a proposal on the provision that it concerns: ADD, MOD, SUP or NOC (no change)."""

    ADD = "ADD"
    MOD = "MOD"
    SUP = "SUP"
    NOC = "NOC"


class DocumentSeries(Entity):
    """A run of numbers of a body, such as C for contributions.

    `symbol` is the format of its symbols, `proposal` that of the symbols of proposals inside its documents.
    """

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("body_id", "code"),)

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    code: Mapped[str]
    symbol: Mapped[str]
    proposal: Mapped[str]


class SeriesCounter(Base):
    """The last number taken in a series within a scope (a meeting). The row is locked while the next one is taken."""

    __tablename__ = "counter"

    series_id: Mapped[UUID] = mapped_column(ForeignKey(DocumentSeries.id), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Document(Entity):
    """A registered document: one symbol, whatever the language and the revision.

    `original`, `titles`, `abstract`, `topics`, `mandates`, `action_lines` and `questions` are those of the text in
    force; `revision` is its number, 0 for the first text. `proposals` are those of the text in force and of its
    addenda. `ended_as` is None unless it was withdrawn or voided. `version` counts its changes, so that no one decides
    on a state that they did not see.

    `sealed` is whether it was made from something that was adopted: a forwarded output, the report of a meeting. Then
    its texts, its entry and its audience change only by the way of that. `at_request` is that of the text in force.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("series_id", "scope", "number"),
        CheckConstraint("number > 0", name="number_counts_from_one"),
        # The list of all is read in this order, page by page, however long the archive is.
        Index(None, "body_id", "registered_at", "number"),
        Index(None, "body_id", "scope"),
        Index(None, "topics", postgresql_using="gin"),
        Index(None, "mandates", postgresql_using="gin"),
        Index(None, "action_lines", postgresql_using="gin"),
        Index(None, "questions", postgresql_using="gin"),
        Index(None, "proposals", postgresql_using="gin", postgresql_ops={"proposals": "jsonb_path_ops"}),
        CheckConstraint(
            "num_nonnulls(ended_as, ended_at, ended_by, ended_side, ended_because) IN (0, 5)", name="end_is_explained"
        ),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    series_id: Mapped[UUID] = mapped_column(ForeignKey(DocumentSeries.id))
    scope: Mapped[str]
    number: Mapped[int] = mapped_column(index=True)
    symbol: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    entity: Mapped[str] = mapped_column(index=True)
    original: Mapped[str] = mapped_column(String(2))
    titles: Mapped[LocalizedText]
    abstract: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(default=0)
    access: Mapped[str] = mapped_column(default=DocumentAccess.GROUP)
    topics: Mapped[list[str]] = mapped_column(default=list)
    mandates: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    action_lines: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    questions: Mapped[list[str] | None]
    proposals: Mapped[ProposalRows] = mapped_column(default=list)
    ended_as: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    ended_side: Mapped[str | None]
    ended_because: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    sealed: Mapped[bool] = mapped_column(default=False)
    at_request: Mapped[bool | None]


class Edition(Entity):
    """A text of a document: the first one, a revision, an addendum or a corrigendum. It never changes.

    `cover` holds the other fields of its cover, as far as they were filled in: purpose, action, refers_to, contact,
    regional_group. Topics, citations and proposals are those that it was registered with. `number` counts within the
    document and the step, 0 for the first text. `only_language` names the one language that a corrigendum concerns.
    `at_request` is true if the secretariat submitted it at the request of the State, where no one could confirm it.
    """

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("document_id", "step", "number"),)

    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id))
    step: Mapped[str]
    number: Mapped[int]
    symbol: Mapped[str] = mapped_column(unique=True)
    original: Mapped[str] = mapped_column(String(2))
    titles: Mapped[LocalizedText]
    abstract: Mapped[str]
    cover: Mapped[dict[str, str]]
    topics: Mapped[list[str]] = mapped_column(default=list)
    mandates: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    action_lines: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    proposals: Mapped[ProposalRows] = mapped_column(default=list)
    note: Mapped[str]
    only_language: Mapped[str | None] = mapped_column(String(2))
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    at_request: Mapped[bool | None]


class LanguageVersion(Base):
    """The text of an edition in one language: exactly these bytes, and who supplied them when.

    `title` is its title if it was added after registration, as a translation. Rows never change: a corrigendum corrects
    a wrong translation.
    """

    __tablename__ = "language_version"

    edition_id: Mapped[UUID] = mapped_column(ForeignKey(Edition.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    findings: Mapped[list[dict[str, object]]]
    title: Mapped[str | None]
    side: Mapped[str] = mapped_column(default=ActingSide.SUBMITTER)
    supplied_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    supplied_at: Mapped[datetime]


class DocumentRelation(Entity):
    """A statement that a document comments on, replies to or supersedes another one, valid until it is revoked."""

    __tablename__ = "document_relation"
    __table_args__ = (CheckConstraint("document_id <> other_id", name="is_between_two"),)

    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), index=True)
    kind: Mapped[str]
    other_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), index=True)
    side: Mapped[str]
    made_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    made_at: Mapped[datetime]


class RelationRevocation(Base):
    """The revocation of a relation: by whom, when and why. The relation itself stays on record."""

    __tablename__ = "relation_taken_back"

    relation_id: Mapped[UUID] = mapped_column(ForeignKey(DocumentRelation.id), primary_key=True)
    because: Mapped[str]
    side: Mapped[str]
    taken_back_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    taken_back_at: Mapped[datetime]


class DocumentCorrection(Entity):
    """A change of a registered document: old and new value, by whom and why.

    `what` is a title (in `language`), the abstract, the class of access, the topics, what it cites or the proposals.
    """

    __tablename__ = "document_correction"

    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), index=True)
    what: Mapped[str]
    language: Mapped[str | None] = mapped_column(String(2))
    old: Mapped[str]
    new: Mapped[str]
    because: Mapped[str]
    side: Mapped[str]
    corrected_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    corrected_at: Mapped[datetime]


class Sponsor(Base):
    """A State that signed an edition in addition to its submitter, or supported it later. `joined_at` is when."""

    __tablename__ = "sponsor"

    edition_id: Mapped[UUID] = mapped_column(ForeignKey(Edition.id), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True, index=True)
    signed: Mapped[bool]
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    joined_at: Mapped[datetime]
