"""Tables of silence procedures, positions of States in them, and statements of States on adopted texts."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, LocalizedText
from app.domain.bodies.models import Body
from app.domain.files.models import PDF_IS_WHOLE, PdfColumns
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Output


class SilenceStatus(StrEnum):
    """Status of a silence procedure. All but OPEN are final."""

    OPEN = "open"
    ADOPTED = "adopted"
    BROKEN = "broken"
    VOID = "void"


class VoidReason(StrEnum):
    """Why a procedure became void."""

    TEXT_CHANGED = "text-changed"
    DECIDED_ELSEWHERE = "decided-elsewhere"
    MEETING_CANCELLED = "meeting-cancelled"


class OpeningChoice(StrEnum):
    """What a chair chooses before opening a procedure of which some States have no person who can answer.

    With the first one nothing is opened; the others are stored with the procedure.
    """

    NAME_FOCAL_POINTS = "name-focal-points"
    NOTE_VERBALE = "note-verbale"
    OPEN_ANYWAY = "open-anyway"


class StatementKind(StrEnum):
    """Kind of a statement on an adopted text."""

    RESERVATION = "reservation"
    EXPLANATION = "explanation"
    NON_ASSOCIATION = "non_association"


class SilencePositionKind(StrEnum):
    """Position of a State in a procedure. All but BREAKS_SILENCE let the text pass; the last three add a statement."""

    BREAKS_SILENCE = "breaks"
    SUPPORTS_TEXT = "supports"
    RESERVATION = "reservation"
    EXPLANATION = "explanation"
    NON_ASSOCIATION = "non_association"


class SilenceProcedure(Entity):
    """A text addressed to every Member State of a body: adopted at `until` unless one of them breaks silence.

    The cover is kept as it was at the opening. At the deadline the output must still have `text_digest`.
    `unreached` are the addressees of which no person could answer at the opening, `opened_despite` is the
    `OpeningChoice` about them, with the day and the reference of a note verbale or with a reason. Until the end,
    positions are shown to `positions_shown_to`, a `PositionAudience`. All this is None if it was opened before it was
    stored.
    """

    __tablename__ = "silence_procedure"
    __table_args__ = (
        CheckConstraint("until > opened_at", name="ends_after_it_begins"),
        CheckConstraint("(course = 'open') = (ended_at IS NULL)", name="ended"),
        CheckConstraint(
            "(opened_despite IS NOT NULL) = (coalesce(cardinality(unreached), 0) > 0)", name="opened_by_choice"
        ),
        Index("uq_silence_procedure_running", "output_id", unique=True, postgresql_where=text("course = 'open'")),
    )

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), index=True)
    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), index=True)
    kind: Mapped[str]
    titles: Mapped[LocalizedText]
    original: Mapped[str] = mapped_column(String(2))
    for_public: Mapped[bool] = mapped_column(default=False)
    text_digest: Mapped[str] = mapped_column(String(64))
    addressees: Mapped[list[str]]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    opened_at: Mapped[datetime]
    unreached: Mapped[list[str] | None]
    opened_despite: Mapped[str | None]
    note_sent_on: Mapped[date | None]
    note_reference: Mapped[str | None]
    opening_reason: Mapped[str | None]
    positions_shown_to: Mapped[str | None]
    until: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    course: Mapped[str] = mapped_column(default=SilenceStatus.OPEN)
    void_because: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class SilenceText(PdfColumns, Base):
    """The text in one language, as it was addressed to the States."""

    __tablename__ = "silence_text"
    __table_args__ = (CheckConstraint(PDF_IS_WHOLE, name="pdf_is_whole"),)

    procedure_id: Mapped[UUID] = mapped_column(ForeignKey(SilenceProcedure.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]


class InformedState(Base):
    """An addressee of which somebody could see the procedure, from `since` on: at its opening, or once a person was
    accredited while it was open, which is stored when it ends. `people` is the number of those who could see it at that
    moment, or until the end; `answering` of them could take a position.
    """

    __tablename__ = "silence_informed_state"

    procedure_id: Mapped[UUID] = mapped_column(ForeignKey(SilenceProcedure.id), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    people: Mapped[int]
    answering: Mapped[int]
    since: Mapped[datetime]


class SilenceExtension(Base):
    """An extension of the deadline: from when to when, why, and by whom. `number` counts those of one procedure."""

    __tablename__ = "silence_extension"

    procedure_id: Mapped[UUID] = mapped_column(ForeignKey(SilenceProcedure.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    was: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str]
    extended_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    extended_at: Mapped[datetime]


class SilencePosition(Base):
    """The position of a State, taken by one of its delegates. `paragraph` says where it breaks silence, or is empty."""

    __tablename__ = "silence_position"

    procedure_id: Mapped[UUID] = mapped_column(ForeignKey(SilenceProcedure.id), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    stance: Mapped[str]
    paragraph: Mapped[str]
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    version: Mapped[int]
    taken_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    taken_at: Mapped[datetime]


class OutputStatement(Entity):
    """A statement of a State on exactly this adopted text, in its own words and language."""

    __tablename__ = "output_statement"
    __table_args__ = (
        Index(
            "uq_output_statement_standing",
            "output_id",
            "entity",
            "kind",
            unique=True,
            postgresql_where=text("taken_back_at IS NULL"),
        ),
    )

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id))
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
