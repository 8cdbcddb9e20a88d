"""Table of deliveries: one for each recipient of a released output."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Entity
from app.domain.bodies.models import Body, Office
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Output, ReleaseAddressee


class RecipientKind(StrEnum):
    """Kind of a recipient: a unit of ITU, a body, an organization, or one that is known in words only."""

    UNIT = "unit"
    BODY = "body"
    ORGANIZATION = "organization"
    WORDS = "words"


class DeliveryChannel(StrEnum):
    """How a delivery reaches its recipient: on a desk of this portal, by machine, by e-mail, or by hand."""

    DESK = "desk"
    MACHINE = "machine"
    MAIL = "mail"
    HAND = "hand"


class DeliveryState(StrEnum):
    """State of a delivery. It is sent once it is on the desk of its recipient, a mail server has taken it, or it was
    handed over; it failed if no server takes it. It is acknowledged by who got it on a desk, or as a secretary recorded
    of another recipient."""

    DUE = "due"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    RECEIVED = "received"
    RETURNED = "returned"
    FAILED = "failed"
    CALLED_BACK = "called-back"


OFFICES_BY_ADDRESSEE = {
    ReleaseAddressee.GENERAL_SECRETARIAT: Office.GENERAL_SECRETARIAT,
    ReleaseAddressee.TSB: Office.TSB,
    ReleaseAddressee.BR: Office.BR,
    ReleaseAddressee.BDT: Office.BDT,
}
"""The staff office whose holders act for a unit of ITU, by the addressee of a release."""


TRIES_UNRECORDED = "What was sent, or failed, is recorded; how often a server was asked is not up to the portal."


class Delivery(Entity):
    """The delivery of an output to one recipient, made at the instant of its release.

    `body_id` is the body that sends it. `recipient` is the staff office of a unit, the code of a body or organization,
    or the place of the words among the addressees of the output, counted from 1. `settled_by` acknowledged, received
    or returned it, or noted when and how (`note`) it was handed over; the reason of a return, and the address of an
    e-mail, are the note too. `document_id` is the document that a receiving body made of it. A delivery that was called
    back keeps all of this. `acknowledged_by` recorded that the recipient of an e-mail or of a handed-over text
    acknowledged it, on which day and how. `tries` counts the attempts to send an e-mail, `try_at` is the time of the
    next one; both are empty otherwise.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("output_id", "kind", "recipient"),
        CheckConstraint("num_nulls(settled_by, settled_at) IN (0, 2)", name="settled_is_whole"),
        CheckConstraint("(kind = 'body') = (receiving_body_id IS NOT NULL)", name="body_is_known"),
        CheckConstraint(
            "num_nulls(acknowledged_by, acknowledged_on, acknowledged_how) IN (0, 3)", name="acknowledged_is_whole"
        ),
        CheckConstraint(
            "CASE kind WHEN 'words' THEN channel = 'hand' WHEN 'organization' THEN channel <> 'desk'"
            " ELSE channel = 'desk' END",
            name="channel_of_kind",
        ),
        CheckConstraint(
            "CASE state WHEN 'due' THEN sent_at IS NULL AND settled_at IS NULL WHEN 'failed' THEN sent_at IS NULL"
            " WHEN 'called-back' THEN true WHEN 'sent' THEN sent_at IS NOT NULL"
            " ELSE sent_at IS NOT NULL AND settled_at IS NOT NULL END",
            name="state_has_times",
        ),
        CheckConstraint("(state = 'called-back') = (called_back_at IS NOT NULL)", name="called_back_at"),
        CheckConstraint("state <> 'received' OR document_id IS NOT NULL", name="received_as_document"),
    )

    output_id: Mapped[UUID] = mapped_column(ForeignKey(Output.id))
    body_id: Mapped[UUID] = mapped_column(ForeignKey(Body.id), index=True)
    kind: Mapped[str]
    recipient: Mapped[str]
    receiving_body_id: Mapped[UUID | None] = mapped_column(ForeignKey(Body.id), index=True)
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(default=DeliveryState.DUE, index=True)
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    settled_at: Mapped[datetime | None]
    note: Mapped[str | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey(Document.id), unique=True)
    called_back_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    acknowledged_on: Mapped[date | None]
    acknowledged_how: Mapped[str | None]
    tries: Mapped[int | None] = mapped_column(info={UNRECORDED: TRIES_UNRECORDED})
    try_at: Mapped[datetime | None] = mapped_column(info={UNRECORDED: TRIES_UNRECORDED})

    @property
    def code(self) -> str:
        """Kind and recipient as one code, for the journal."""
        return f"{self.kind}:{self.recipient}"
