"""Tables of liaison statements that arrived by machine, and of those that leave so."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base
from app.domain.deliveries.models import Delivery
from app.domain.liaisons.models import Liaison
from app.domain.organizations.models import Organization


class ReceivedStatement:
    """What an organization sent: a signed statement, and the acknowledgment that it got, both as canonical text with
    signature and public key in base64. `id` is that of the sender; `sha256` is of the statement. `liaison_id` is the
    liaison that it is about.

    It never changes: the same statement sent again gets the same acknowledgment.
    """

    organization: Mapped[str] = mapped_column(ForeignKey(Organization.code), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    liaison_id: Mapped[UUID] = mapped_column(ForeignKey(Liaison.id), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    statement: Mapped[str]
    signature: Mapped[str]
    public_key: Mapped[str]
    received_at: Mapped[datetime]
    acknowledgment: Mapped[str]
    acknowledgment_signature: Mapped[str]
    acknowledgment_key: Mapped[str]


class IncomingTransmission(ReceivedStatement, Base):
    """A liaison statement as an organization sent it."""

    __tablename__ = "incoming_transmission"


class IncomingWithdrawal(ReceivedStatement, Base):
    """That an organization withdrew a liaison statement that it had sent, as it sent that."""

    __tablename__ = "incoming_withdrawal"


ATTEMPTS_UNRECORDED = "What was signed and acknowledged is recorded; how often it was tried is not up to the portal."


class SentStatement:
    """What is sent to an organization: a statement, signed once under an `id` of its own, and the acknowledgment of its
    receiver, both as canonical text with signature and public key in base64.

    `tries` counts the attempts; `try_at` is the time of the next one, empty once there is none. `problem` is a word
    about the last attempt, empty if it succeeded.
    """

    id: Mapped[UUID] = mapped_column(unique=True)
    organization: Mapped[str] = mapped_column(ForeignKey(Organization.code))
    statement: Mapped[str]
    signature: Mapped[str]
    public_key: Mapped[str]
    made_at: Mapped[datetime]
    acknowledgment: Mapped[str | None]
    acknowledgment_signature: Mapped[str | None]
    acknowledgment_key: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, info={UNRECORDED: ATTEMPTS_UNRECORDED})
    try_at: Mapped[datetime | None] = mapped_column(info={UNRECORDED: ATTEMPTS_UNRECORDED}, index=True)
    problem: Mapped[str] = mapped_column(default="", info={UNRECORDED: ATTEMPTS_UNRECORDED})


def _require_whole_acknowledgment() -> CheckConstraint:
    return CheckConstraint(
        "num_nulls(acknowledgment, acknowledgment_signature, acknowledgment_key, acknowledged_at) IN (0, 4)",
        name="acknowledgment_is_whole",
    )


class OutgoingTransmission(SentStatement, Base):
    """A released liaison statement as it is sent to an organization."""

    __tablename__ = "outgoing_transmission"
    __table_args__ = (_require_whole_acknowledgment(),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey(Delivery.id), primary_key=True)


class WithdrawalTransmission(SentStatement, Base):
    """That a liaison statement was withdrawn, as it is sent to the organization to which it was sent."""

    __tablename__ = "withdrawal_transmission"
    __table_args__ = (_require_whole_acknowledgment(),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey(OutgoingTransmission.delivery_id), primary_key=True)
