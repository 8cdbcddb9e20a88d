"""Tables of contributions: what a State drafts and submits, before and after registration."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.domain.bodies.models import Body
from app.domain.documents.models import Document, DocumentAccess, Edition, EditionStep, ProposalRows
from app.domain.identity.models.tables import Person
from app.domain.mandates.models import CitedCodes
from app.domain.meetings.models import Meeting


class ContributionStatus(StrEnum):
    """Status of a contribution."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    HELD = "held"
    REGISTERED = "registered"


class ContributionPurpose(StrEnum):
    """Purpose of a contribution: for decision, for discussion or for information."""

    DECISION = "decision"
    DISCUSSION = "discussion"
    INFORMATION = "information"


class RegionalGroup(StrEnum):
    """The six regional organizations that submit common proposals to ITU."""

    APT = "APT"
    ATU = "ATU"
    CEPT = "CEPT"
    CITEL = "CITEL"
    LAS = "LAS"
    RCC = "RCC"


class FileVerdict(StrEnum):
    """Verdict of the inspection on a file that was taken before it was inspected. Its bytes are not given out unless
    they were accepted."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Contribution(Entity):
    """A State's contribution to a meeting. Until it is submitted, only its authors and invited co-sponsors see it.

    `entity` is the State whose document it is, `by_entity` the entity whose people write it: the State, or the
    secretariat on its behalf. What the secretariat submits in the name of a State is confirmed by somebody of that
    State (`confirmed_by`), or declined and returned (`confirmation_declined_by`). `invited` are the States asked to
    sign, which read it until they are in `declined`. `step` says whether it is a document of its own or follows a
    registered one (`follows_id`), and `note` what is new in it. Once it is registered, `document_id` and `edition_id`
    name the result. `assigned_to` is the secretary who deals with it, if one was named.
    """

    __tablename__ = "contribution"
    __table_args__ = (Index(None, "body_id", "entity"), Index(None, "meeting_id", "status"))

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id))
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey(Meeting.id))
    entity: Mapped[str]
    by_entity: Mapped[str]
    series: Mapped[str]
    status: Mapped[str] = mapped_column(default=ContributionStatus.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str]
    abstract: Mapped[str]
    original: Mapped[str] = mapped_column(String(2))
    purpose: Mapped[str]
    action: Mapped[str]
    refers_to: Mapped[str]
    contact: Mapped[str]
    regional_group: Mapped[str | None]
    invited: Mapped[list[str]] = mapped_column(default=list)
    declined: Mapped[list[str]] = mapped_column(default=list)
    item_id: Mapped[UUID | None]
    drafted_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    drafted_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    cleared_at: Mapped[datetime | None]
    cleared_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    submitted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    submitted_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    confirmed_at: Mapped[datetime | None]
    confirmation_declined_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    late: Mapped[bool] = mapped_column(default=False)
    late_accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    late_accepted_because: Mapped[str | None]
    held_because: Mapped[str | None]
    returned_because: Mapped[str | None]
    access: Mapped[str] = mapped_column(default=DocumentAccess.GROUP)
    step: Mapped[str] = mapped_column(default=EditionStep.TEXT)
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey(Document.id), index=True)
    only_language: Mapped[str | None] = mapped_column(String(2))
    note: Mapped[str] = mapped_column(default="")
    topics: Mapped[list[str]] = mapped_column(default=list)
    mandates: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    action_lines: Mapped[list[str]] = mapped_column(CitedCodes, nullable=True)
    questions: Mapped[list[str] | None]
    proposals: Mapped[ProposalRows] = mapped_column(default=list)
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey(Document.id), index=True)
    edition_id: Mapped[UUID | None] = mapped_column(ForeignKey(Edition.id), unique=True)
    assigned_to: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))


class ContributionFile(Base):
    """The file of a contribution in one language.

    `verdict` is None for a file that was inspected before it was taken; one that was not has a `FileVerdict`, since
    `examined_at`. `answers` are the codes of findings about which it was decided, when it was last submitted, that
    these bytes are registered as they are (`rules.file_questions`), if there are any; another file in its place has
    none.
    """

    __tablename__ = "contribution_file"

    contribution_id: Mapped[UUID] = mapped_column(ForeignKey(Contribution.id, ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    findings: Mapped[list[dict[str, object]]]
    began_at: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[str | None]
    examined_at: Mapped[datetime | None]
    answers: Mapped[list[str] | None]

    @property
    def is_accepted(self) -> bool:
        """Whether the inspection accepted it, so that it may be given out."""
        return self.verdict in (None, FileVerdict.ACCEPTED)


class OriginalFile(Base):
    """The file in whose place a clean copy of it is, kept for those who may change the draft until it is submitted.

    The columns of a file are those that it had; `removed` is what the copy leaves out: how many pieces of each kind.
    """

    __tablename__ = "original_file"
    __table_args__ = (
        ForeignKeyConstraint(
            ["contribution_id", "language"],
            [ContributionFile.contribution_id, ContributionFile.language],
            ondelete="CASCADE",
        ),
    )

    contribution_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media: Mapped[str]
    name: Mapped[str]
    findings: Mapped[list[dict[str, object]]]
    began_at: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[str | None]
    examined_at: Mapped[datetime | None]
    removed: Mapped[dict[str, int]]
    cleaned_at: Mapped[datetime]
    cleaned_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))


class WaitingFile(Base):
    """A file of a contribution that waits for its inspection; a worker has it until `claimed_until`.

    `tries` counts how often its inspection was begun and not given up for a reason outside of the file; it is not begun
    before `retry_at`. `sent_by` handed it in. Deleted with the verdict.
    """

    __tablename__ = "waiting_file"
    __table_args__ = (
        ForeignKeyConstraint(
            ["contribution_id", "language"],
            [ContributionFile.contribution_id, ContributionFile.language],
            ondelete="CASCADE",
        ),
        {"info": {UNRECORDED: "The order of work of the inspection; what counts is the verdict on the file."}},
    )

    contribution_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    name: Mapped[str]
    entity: Mapped[str]
    arrived_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    sent_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))


class RefusedFile(Base):
    """A file for which its contribution was returned after the submission: the inspection or the virus scanner refused
    it.

    Until `until` its State may replace it and be in time, if the rest is as it was submitted: `cover_digest` is
    that of the cover (`rules.submissions.digest_cover`), `submitted` that of each file by its language.
    """

    __tablename__ = "refused_file"

    contribution_id: Mapped[UUID] = mapped_column(ForeignKey(Contribution.id, ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    refused_at: Mapped[datetime]
    until: Mapped[datetime]
    cover_digest: Mapped[str] = mapped_column(String(64))
    submitted: Mapped[dict[str, str]]


class Cosponsor(Base):
    """A State that was asked to sign a contribution, and its answer. A change of the text clears the signature."""

    __tablename__ = "cosponsor"

    contribution_id: Mapped[UUID] = mapped_column(ForeignKey(Contribution.id, ondelete="CASCADE"), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    invited_at: Mapped[datetime]
    signs: Mapped[bool | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    answered_at: Mapped[datetime | None]


class ClearanceRequirement(Base):
    """A State's choice for one body: the head of delegation clears contributions before they are submitted."""

    __tablename__ = "clearance"

    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    set_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    set_at: Mapped[datetime]
