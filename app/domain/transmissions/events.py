"""What can happen to a liaison statement that programs of organizations send each other."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class TransmissionReceived(Event):
    """`sha256` is of what the sender signed, `acknowledgment` of what the portal signed."""

    name: ClassVar[str] = "liaison:transmission-received"
    words: ClassVar[LazyText] = _("A liaison statement arrived by machine and was acknowledged")
    liaison: UUID
    organization: str
    sha256: str
    acknowledgment: str


@dataclass(frozen=True, slots=True)
class WithdrawalReceived(Event):
    """`sha256` is of what the sender signed, `acknowledgment` of what the portal signed."""

    name: ClassVar[str] = "liaison:withdrawal-received"
    words: ClassVar[LazyText] = _("The withdrawal of a liaison statement arrived by machine and was acknowledged")
    liaison: UUID
    organization: str
    sha256: str
    acknowledgment: str


@dataclass(frozen=True, slots=True)
class TransmissionSigned(Event):
    """`sha256` is of what the portal signed; it is sent until it is acknowledged, or given up."""

    name: ClassVar[str] = "delivery:transmission-signed"
    words: ClassVar[LazyText] = _("A released text was signed, to be sent by machine")
    output: UUID
    delivery: UUID
    organization: str
    sha256: str


@dataclass(frozen=True, slots=True)
class WithdrawalSigned(Event):
    """`sha256` is of what the portal signed; it is sent until it is acknowledged, or given up."""

    name: ClassVar[str] = "delivery:withdrawal-signed"
    words: ClassVar[LazyText] = _("The withdrawal of a text was signed, to be sent by machine")
    output: UUID
    delivery: UUID
    organization: str
    sha256: str


@dataclass(frozen=True, slots=True)
class WithdrawalAcknowledged(Event):
    """`acknowledgment` is the digest of what the organization signed."""

    name: ClassVar[str] = "delivery:withdrawal-acknowledged"
    words: ClassVar[LazyText] = _("An organization acknowledged by machine that a text was withdrawn")
    output: UUID
    delivery: UUID
    organization: str
    acknowledgment: str


@dataclass(frozen=True, slots=True)
class TransmissionAcknowledged(Event):
    """`acknowledgment` is the digest of what the organization signed."""

    name: ClassVar[str] = "delivery:transmission-acknowledged"
    words: ClassVar[LazyText] = _("An organization acknowledged a text that was sent by machine")
    output: UUID
    delivery: UUID
    organization: str
    acknowledgment: str
