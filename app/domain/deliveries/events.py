"""Events of deliveries. `recipient` is the kind of the recipient and its code, or its place among the addressees."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class DeliveryMade(Event):
    """Made in the transaction of the release."""

    name: ClassVar[str] = "delivery:made"
    words: ClassVar[LazyText] = _("The delivery of a released text to a recipient was started")
    output: UUID
    delivery: UUID
    recipient: str


@dataclass(frozen=True, slots=True)
class DeliverySent(Event):
    """It is now on the desk of its recipient, or a mail server has taken it."""

    name: ClassVar[str] = "delivery:sent"
    words: ClassVar[LazyText] = _("A released text was delivered to its recipient")
    output: UUID
    delivery: UUID
    recipient: str


@dataclass(frozen=True, slots=True)
class DeliveryFailed(Event):
    """No mail server takes it; a secretary delivers it by hand."""

    name: ClassVar[str] = "delivery:failed"
    words: ClassVar[LazyText] = _("A released text could not be delivered by e-mail")
    output: UUID
    delivery: UUID
    recipient: str


@dataclass(frozen=True, slots=True)
class DeliveryAcknowledged(Event):
    name: ClassVar[str] = "delivery:acknowledged"
    words: ClassVar[LazyText] = _("The recipient acknowledged a delivered text")
    output: UUID
    delivery: UUID
    recipient: str


@dataclass(frozen=True, slots=True)
class DeliveryNotedByHand(Event):
    """`at` is the instant at which it was handed over."""

    name: ClassVar[str] = "delivery:noted-by-hand"
    words: ClassVar[LazyText] = _("A delivery by hand was recorded")
    output: UUID
    delivery: UUID
    recipient: str
    at: str


@dataclass(frozen=True, slots=True)
class DeliveryAcknowledgmentNoted(Event):
    """`on` is the day on which the recipient acknowledged it."""

    name: ClassVar[str] = "delivery:acknowledgment-noted"
    words: ClassVar[LazyText] = _("The acknowledgment of a recipient outside of the portal was recorded")
    output: UUID
    delivery: UUID
    recipient: str
    on: date


@dataclass(frozen=True, slots=True)
class DeliveryCalledBack(Event):
    """The text was withdrawn."""

    name: ClassVar[str] = "delivery:called-back"
    words: ClassVar[LazyText] = _("A recipient was informed that a delivered text was withdrawn")
    output: UUID
    delivery: UUID
    recipient: str


@dataclass(frozen=True, slots=True)
class DeliveryReceived(Event):
    """The receiving body registered the text as that document of that meeting."""

    name: ClassVar[str] = "delivery:received"
    words: ClassVar[LazyText] = _("A group registered a text that was sent to it")
    output: UUID
    delivery: UUID
    recipient: str
    meeting: UUID
    document: UUID


@dataclass(frozen=True, slots=True)
class DeliveryReturned(Event):
    """The reason is in the row."""

    name: ClassVar[str] = "delivery:returned"
    words: ClassVar[LazyText] = _("A group returned a text that was sent to it")
    output: UUID
    delivery: UUID
    recipient: str
