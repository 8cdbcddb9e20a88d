"""Tables of outputs: texts, translations, adoption, approvals, release and completion plans, forwarding, withdrawal."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Entity, LocalizedText
from app.domain.bodies.models import Body
from app.domain.decisions.models import Decision
from app.domain.documents.models import Document
from app.domain.files.models import PDF_IS_WHOLE, PdfColumns
from app.domain.identity.models.tables import Person
from app.domain.mandates.models import CitedCodes
from app.domain.meetings.models import Meeting


class OutputStatus(StrEnum):
    """Status of an output."""

    DRAFT = "draft"
    ADOPTED = "adopted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    RELEASING = "leaving"
    FAILED = "failed"
    RELEASED = "released"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"


READABLE_STATUSES = frozenset({OutputStatus.RELEASED, OutputStatus.WITHDRAWING})
"""Statuses of an output that the read path shows: until the worker has withdrawn it, it is there."""


class OutputKind(StrEnum):
    """Kind of an output."""

    REPORT = "report"
    CONCLUSIONS = "conclusions"
    RECOMMENDATION = "recommendation"
    DECISION = "decision"
    LIAISON_STATEMENT = "liaison"
    PARENT_REPORT = "parent_report"


KINDS_WITH_ADDRESSEES = frozenset({OutputKind.LIAISON_STATEMENT, OutputKind.PARENT_REPORT})
"""Kinds that are addressed to somebody outside the body."""


class AdoptionMethod(StrEnum):
    """How a text was adopted."""

    MEETING = "meeting"
    SILENCE = "silence"


class ReleaseFailure(StrEnum):
    """Why a scheduled release, completion or withdrawal failed."""

    TEXT_MISMATCH = "not-as-adopted"
    STORE_UNREACHABLE = "out-of-reach"
    MANIFEST_TAMPERED = "catalogue"
    VIRUS_FOUND = "virus"
    APPROVAL_UNVERIFIED = "approval-unverified"
    INTERNAL_ERROR = "fault"


class ReleaseAddressee(StrEnum):
    """To whom an output is released. The membership always is one; PUBLIC means everybody."""

    MEMBERSHIP = "membership"
    GENERAL_SECRETARIAT = "general-secretariat"
    TSB = "tsb"
    BR = "br"
    BDT = "bdt"
    PARENT = "parent"
    PUBLIC = "public"


class ReleaseForm(StrEnum):
    """The form of a release: complete, in all languages of the body; or an advance, unedited version in those that
    there are."""

    COMPLETE = "complete"
    ADVANCE = "advance"


class Output(Entity):
    """A text of a body. Adoption binds `text_digest`, the digest over its cover and the files of all languages.

    `for_action`, `for_information` and `reply_by` are addressees in free words, of outputs from before each addressee
    had a row (`OutputAddressee`). `for_public` is whether the body wishes everybody to read it: it is adopted with the
    text, and without it the text is not released to the public. `for_addressees_only` is adopted with the text too:
    then it is delivered to its addressees, and no one else outside the body reads it; NULL otherwise.
    `mandates` and `action_lines` are what it cites itself, in addition to what its sources cite. `sponsored_by` are the
    States that sponsored its sources whenever the text was circulated or put under silence; removing a source later
    does not change that. `still_to_come` are the languages that readers lack: while there are any, the released text is
    an advance version. `failed_because` says why its release failed, or its withdrawal if that is under way.
    """

    __tablename__ = "output"

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), index=True)
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default=OutputStatus.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    titles: Mapped[LocalizedText]
    original: Mapped[str] = mapped_column(String(2))
    for_action: Mapped[list[str]] = mapped_column(default=list)
    for_information: Mapped[list[str]] = mapped_column(default=list)
    reply_by: Mapped[date | None]
    for_public: Mapped[bool] = mapped_column(default=False)
    for_addressees_only: Mapped[bool | None]
    mandates: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    action_lines: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    sponsored_by: Mapped[list[str]] = mapped_column(default=list)
    drafted_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    drafted_at: Mapped[datetime]
    symbol: Mapped[str | None] = mapped_column(unique=True)
    number: Mapped[int | None]
    text_digest: Mapped[str | None] = mapped_column(String(64))
    adopted_how: Mapped[str | None]
    adopted_on: Mapped[date | None]
    adopted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    adopted_at: Mapped[datetime | None]
    let_out_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    let_out_at: Mapped[datetime | None]
    release_at: Mapped[datetime | None]
    failed_because: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    still_to_come: Mapped[list[str]] = mapped_column(default=list)
    completed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class OutputFile(PdfColumns, Base):
    """The text of an output in one language."""

    __tablename__ = "output_file"
    __table_args__ = (CheckConstraint(PDF_IS_WHOLE, name="pdf_is_whole"),)

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    findings: Mapped[list[dict[str, object]]]


class OutputTranslation(PdfColumns, Base):
    """A translation of the adopted text into a language in which it was not adopted.

    `text` is the digest of the adopted text, `digest` that of the translation, and `approved` the digest that a second
    person approved, with `id_token` and `statement` as in `Approval`. `title` is empty if the adopted text has a title
    in that language.
    """

    __tablename__ = "output_translation"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    title: Mapped[str | None]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    findings: Mapped[list[dict[str, object]]]
    text: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    added_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    added_at: Mapped[datetime]
    approved: Mapped[str | None] = mapped_column(String(64))
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    approved_at: Mapped[datetime | None]
    capacity: Mapped[str | None]
    id_token: Mapped[str | None]
    statement: Mapped[str | None]
    released_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("num_nulls(approved, approved_by, approved_at, capacity) IN (0, 4)", name="approval_is_whole"),
        CheckConstraint("approved_by <> added_by", name="two_people"),
        CheckConstraint("released_at IS NULL OR approved_by IS NOT NULL", name="released_as_approved"),
        CheckConstraint(PDF_IS_WHOLE, name="pdf_is_whole"),
    )

    @property
    def is_approved(self) -> bool:
        """Whether a second person approved exactly this translation."""
        return self.approved == self.digest and self.approved_by != self.added_by


class OutputSourceDocument(Base):
    """A document from which an output was made. People of its sponsors do not decide on the output."""

    __tablename__ = "output_source"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), primary_key=True)


class OutputSourceDecision(Base):
    """A decision of a meeting from which an output was made. It has no sponsor."""

    __tablename__ = "output_decision"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id), primary_key=True)


class ApprovalCheckOutcome(StrEnum):
    """What the worker found when it verified the sign-in behind an approval."""

    VERIFIED = "verified"
    REFUSED = "refused"
    BEFORE = "before"
    """It was given before approvals carried ID tokens."""


class Approval(Base):
    """One person's approval that exactly this text be released. Two different people are needed.

    `id_token` is the ID token of the sign-in that was made for this approval, `statement` the canonical JSON whose
    digest is the nonce of that token (`rules.approvals`).
    """

    __tablename__ = "approval"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    text_digest: Mapped[str] = mapped_column(String(64))
    capacity: Mapped[str]
    approved_at: Mapped[datetime]
    id_token: Mapped[str | None]
    statement: Mapped[str | None]


class ApprovalCheck(Base):
    """What the worker found when it verified the sign-in behind an approval. Only its database role writes this table.

    `token_digest` is the SHA-256 of the ID token, `cause` why it was refused, in one word.
    """

    __tablename__ = "approval_check"

    output_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    token_digest: Mapped[str | None] = mapped_column(String(64))
    cause: Mapped[str | None]
    checked_at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint([output_id, person_id], [Approval.output_id, Approval.person_id]),
        CheckConstraint("(outcome = 'refused') = (cause IS NOT NULL)", name="refused_for_a_cause"),
    )


class TranslationApprovalCheck(Base):
    """The same of the approval of a translation: of exactly this text (`text_digest`), by this person with this token.

    A translation that was replaced, or whose approval was refused, can be approved again. `token_digest` is empty
    without a token.
    """

    __tablename__ = "translation_approval_check"

    output_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    text_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcome: Mapped[str]
    cause: Mapped[str | None]
    checked_at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint([output_id, language], [OutputTranslation.output_id, OutputTranslation.language]),
        CheckConstraint("(outcome = 'refused') = (cause IS NOT NULL)", name="refused_for_a_cause"),
    )


class Forwarding(Base):
    """The registration of a released output as a document of a meeting of the parent body: one for each meeting."""

    __tablename__ = "forwarding"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), unique=True)
    forwarded_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    forwarded_at: Mapped[datetime]


class ReleasePlan(Base):
    """Instant, addressees and languages of a release: one row each time a release is scheduled; the last one counts.

    `still_to_come` are the missing languages: if there are any, the release is an advance version.

    If one person released it alone, `alone_because` is their reason, `alone_language` its language, `alone_capacity`
    their capacities separated by spaces, and `alone_text` the digest of the text. Otherwise the four are empty.
    """

    __tablename__ = "release_plan"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    release_at: Mapped[datetime]
    addressees: Mapped[list[str]]
    languages: Mapped[list[str]] = mapped_column(default=list)
    still_to_come: Mapped[list[str]] = mapped_column(default=list)
    set_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    set_at: Mapped[datetime]
    called_back_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    called_back_at: Mapped[datetime | None]
    called_back_because: Mapped[str | None]
    alone_because: Mapped[str | None]
    alone_language: Mapped[str | None] = mapped_column(String(2))
    alone_capacity: Mapped[str | None]
    alone_text: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        CheckConstraint(
            "num_nulls(alone_because, alone_language, alone_capacity, alone_text) IN (0, 4)", name="alone_is_whole"
        ),
    )

    @property
    def form(self) -> ReleaseForm:
        """The form of the release: advance if languages are missing."""
        return ReleaseForm.ADVANCE if self.still_to_come else ReleaseForm.COMPLETE


class CompletionPlan(Base):
    """Plan to replace an advance version by the version in all languages: one row each time; the last one counts.

    `text` is the digest of all translations that it adds. The addressees are those of the advance version.
    """

    __tablename__ = "completion"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(String(64))
    release_at: Mapped[datetime]
    set_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    set_at: Mapped[datetime]
    called_back_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    called_back_at: Mapped[datetime | None]
    called_back_because: Mapped[str | None]
    failed_because: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("num_nonnulls(called_back_at, failed_at, released_at) <= 1", name="ends_once"),)

    @property
    def is_pending(self) -> bool:
        """Whether it waits for its instant or for the worker."""
        return self.called_back_at is None and self.failed_at is None and self.released_at is None


class WithdrawalOutcome(StrEnum):
    """Outcome of a proposal to withdraw an output."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"
    RETRACTED = "taken-back"


class Withdrawal(Entity):
    """A proposal by one person to withdraw a released output, which another confirms or declines. At most one is
    pending.

    `reason` is public once the proposal is confirmed. `capacity` and `ended_capacity` are the capacities of the two
    people at that time, separated by spaces. If one person withdrew the output alone, proposer and confirmer are the
    same.
    """

    __tablename__ = "withdrawal"

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id), index=True)
    reason: Mapped[str]
    lang: Mapped[str] = mapped_column(String(2))
    replaced_by: Mapped[UUID | None] = mapped_column(ForeignKey(Output.id))
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    capacity: Mapped[str]
    proposed_at: Mapped[datetime]
    ended_how: Mapped[str | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    ended_capacity: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]

    __table_args__ = (
        Index("uq_withdrawal_waiting", "output_id", unique=True, postgresql_where=text("ended_how IS NULL")),
    )

    @property
    def is_sole_decision(self) -> bool:
        """Whether one person withdrew the output without a second."""
        return self.ended_how == WithdrawalOutcome.CONFIRMED and self.ended_by == self.proposed_by
