"""Tables of notifications and daily digests, of people's choices, and of what people follow."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, Entity
from app.core.journal import JournalLine
from app.domain.identity.models.tables import Person


class NotificationCategory(StrEnum):
    """Categories of notifications. For each, people choose when they get them."""

    SILENCE = "silence"
    CONTRIBUTIONS = "contributions"
    COSPONSORSHIP = "cosponsorship"
    DOCUMENTS = "documents"
    FOLLOWED = "followed"
    MEETINGS = "meetings"
    DRAFTS = "drafts"
    REPORTS = "reports"
    ACTIONS = "actions"
    RELEASES = "releases"
    ROLES = "roles"
    OFFICE = "office"
    MESSAGES = "messages"


class NotificationKind(StrEnum):
    """Kinds of notifications: a person gets one of each about a journal line. Each belongs to a category."""

    SILENCE_OPENED = "silence-opened"
    SILENCE_UNDER_WAY = "silence-under-way"
    SILENCE_REMINDER = "silence-reminder"
    SILENCE_MOVED = "silence-moved"
    SILENCE_ENDED = "silence-ended"
    POSITION = "position"
    RELEASE = "release"
    DELIVERY = "delivery"
    DELIVERY_TO_BODY = "delivery-to-body"
    DEADLINE = "deadline"
    DEADLINE_REMINDER = "deadline-reminder"
    CONTRIBUTION = "contribution"
    SUBMISSION = "submission"
    STATE_ANSWER = "state-answer"
    SIGNATURE = "signature"
    DOCUMENT = "document"
    FOLLOWED = "followed"
    MEETING = "meeting"
    REGISTRATION_REMINDER = "registration-reminder"
    DRAFT = "draft"
    COMMENT_REMINDER = "comment-reminder"
    REPORT = "report"
    ACTION = "action"
    ACTION_TWO_WEEKS = "action-two-weeks"
    ACTION_THREE_DAYS = "action-three-days"
    LIAISON = "liaison"
    LIAISON_TWO_WEEKS = "liaison-two-weeks"
    LIAISON_THREE_DAYS = "liaison-three-days"
    ROLE = "role"
    OFFICE = "office"
    MESSAGE = "message"


class DeliveryChoice(StrEnum):
    """When a person gets the notifications of a category."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    NEVER = "never"


class FollowedKind(StrEnum):
    """Kinds of things that people follow."""

    DOCUMENT = "document"
    ITEM = "item"
    TOPIC = "topic"
    STATE = "state"


class DeliveryStatus(StrEnum):
    """Delivery status of a notification or a digest. All but WAITING are final."""

    WAITING = "waiting"
    SENT = "sent"
    NEEDLESS = "needless"
    REFUSED = "refused"
    EXPIRED = "expired"
    RESTORED = "restored"
    RETURNED = "returned"


class NotificationDigest(Entity):
    """The e-mail with the notifications that wait for one person at one instant, `planned_at`. It stores no address and
    no text. `tries` counts attempts; `due_at` is the time of the next one.
    """

    __tablename__ = "digest"
    __table_args__ = (
        UniqueConstraint("person_id", "planned_at"),
        CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name="ended"),
        Index("ix_digest_due", "due_at", postgresql_where=text("fate = 'waiting'")),
        {"info": {UNRECORDED: "What it tells of is recorded; whether it arrives is not up to the portal."}},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fate: Mapped[str] = mapped_column(default=DeliveryStatus.WAITING)
    ended_at: Mapped[datetime | None]


class EmailNotification(Entity):
    """One notification of one person about one journal line: an e-mail of its own, or a part of a digest. It stores no
    address and no text: rights and the current state are checked when it is sent. `tries` counts attempts; `due_at` is
    the time of the next one, of a part of a digest that of the digest.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("line", "kind", "person_id"),
        CheckConstraint("(fate = 'waiting') = (ended_at IS NULL)", name="ended"),
        Index("ix_letter_due", "due_at", postgresql_where=text("fate = 'waiting' AND digest_id IS NULL")),
        Index(None, "digest_id", postgresql_where=text("digest_id IS NOT NULL")),
        Index(None, "person_id", "written_at"),
        {"info": {UNRECORDED: "What it tells of is recorded; whether it arrives is not up to the portal."}},
    )

    line: Mapped[int] = mapped_column(BigInteger, ForeignKey(JournalLine.seq))
    kind: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    digest_id: Mapped[UUID | None] = mapped_column(ForeignKey(NotificationDigest.id))
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fate: Mapped[str] = mapped_column(default=DeliveryStatus.WAITING)
    ended_at: Mapped[datetime | None]
    returned_code: Mapped[str | None]
    """The status code (RFC 3463) of the report with which it was returned as undeliverable."""


class NotificationPreference(Base):
    """When a person gets the notifications of a category. Without a row, as most people want it."""

    __tablename__ = "stopped_kind"
    __table_args__ = (
        {"info": {UNRECORDED: "It decides which e-mails a person gets, and nothing that is on the record."}},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    category: Mapped[str] = mapped_column("kind", primary_key=True)
    choice: Mapped[str] = mapped_column(default=DeliveryChoice.NEVER)
    chosen_at: Mapped[datetime] = mapped_column("stopped_at")


class FollowedSubject(Base):
    """A document, agenda item, topic or State that a person follows. `key` is its identifier or code."""

    __tablename__ = "followed"
    __table_args__ = (
        Index(None, "kind", "key"),
        {"info": {UNRECORDED: "It concerns the person alone, and changes nothing of the record."}},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
