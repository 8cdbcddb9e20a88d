"""Queries for liaison statements that arrive by machine, and for those that leave so."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Select, all_, and_, exists, func, literal, or_, select

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.exchange.signed_statements import SignedStatement
from app.domain.addressees.models import OutputAddressee, RequestedAct
from app.domain.bodies.models import Body
from app.domain.deliveries.models import Delivery, DeliveryChannel, DeliveryState, RecipientKind
from app.domain.deliveries.queries import find_addressee
from app.domain.documents.models import DocumentAccess
from app.domain.identity.models.claims import MembershipCategory
from app.domain.liaisons.models import Liaison, LiaisonState
from app.domain.organization_inboxes.queries import find_inbox_by_key
from app.domain.outputs.models import Output
from app.domain.outputs.queries.forwarding import get_access_of_document
from app.domain.outputs.queries.outputs import list_addressees
from app.domain.transmissions.inputs import (
    OWN_ORGANIZATION,
    Addressee,
    Sender,
    TransmittedLiaison,
    TransmittedWithdrawal,
)
from app.domain.transmissions.models import (
    IncomingTransmission,
    IncomingWithdrawal,
    OutgoingTransmission,
    ReceivedStatement,
    WithdrawalTransmission,
)
from app.domain.transmissions.rules import LEASE, DepartingText, RefusalCode, TransmissionProblem, TransmissionRefused

MOST_WAITING: Final = 200
"""Liaisons of one organization that may wait for the secretariat: a program that loops fills no more than that."""


def find_incoming_transmission(session: ReadSession, organization: str, letter: UUID) -> IncomingTransmission | None:
    """Find what arrived from an organization under this identifier of its own."""
    return session.get(IncomingTransmission, (organization, letter))


def find_transmission_of_liaison(session: ReadSession, liaison: Liaison) -> IncomingTransmission | None:
    """Find how a liaison, which the caller may see, arrived by machine; None if people took it in."""
    return session.scalar(select(IncomingTransmission).where(IncomingTransmission.liaison_id == liaison.id))


def get_transmission_of_liaison(session: ReadSession, liaison: Liaison) -> IncomingTransmission:
    """Return how a liaison, which the caller may see, arrived by machine. Raises NotFound if people took it in."""
    found = find_transmission_of_liaison(session, liaison)
    if found is None:
        raise NotFound()
    return found


def find_addressed_body(session: ReadSession, organization: str, prefix: str) -> Body | None:
    """Find the body with this prefix, as an organization writes it, whatever the case of its letters; of the bodies of
    the staff of ITU, which no member knows of, only one that has written to the organization."""
    has_written = exists().where(
        Delivery.body_id == Body.id, Delivery.kind == RecipientKind.ORGANIZATION, Delivery.recipient == organization
    )
    is_known = or_(literal(MembershipCategory.ITU_STAFF.value) != all_(Body.admits), has_written)
    return session.scalar(select(Body).where(func.lower(Body.prefix) == prefix.lower(), is_known))


def count_waiting_liaisons(session: ReadSession, organization: str) -> int:
    """Count the liaisons from an organization that arrived by machine and were neither registered nor returned."""
    waiting = (
        select(func.count())
        .select_from(IncomingTransmission)
        .join(Liaison, Liaison.id == IncomingTransmission.liaison_id)
        .where(IncomingTransmission.organization == organization, Liaison.state == LiaisonState.RECEIVED)
    )
    return session.scalar(waiting) or 0


def require_sender(session: ReadSession, signed: SignedStatement, sender: Sender, *, lock: bool = False) -> str:
    """Return the code of the organization that signed a statement. With `lock`, nothing else of it is taken in until
    the transaction ends. Raises TransmissionRefused unless it is signed with the key in force of the organization that
    it names."""
    inbox = find_inbox_by_key(session, signed.key.text, lock=lock)
    if inbox is None or inbox.organization != sender.organization or not signed.is_signed_by_its_key:
        text = "this is not signed with the key of the organization that from names"
        raise TransmissionRefused(RefusalCode.UNKNOWN_KEY, text)
    return inbox.organization


def _require_same_bytes(
    session: ReadSession, organization: str, letter: UUID, earlier: ReceivedStatement | None, sha256: str
) -> None:
    """Raise TransmissionRefused if something else of an organization arrived under an identifier before."""
    found = (
        session.get(IncomingTransmission, (organization, letter)),
        session.get(IncomingWithdrawal, (organization, letter)),
    )
    if any(row is not None and (row is not earlier or row.sha256 != sha256) for row in found):
        raise TransmissionRefused(RefusalCode.OTHER_BYTES, "another statement arrived under this id")


def find_acknowledged(
    session: ReadSession, signed: SignedStatement, liaison: TransmittedLiaison, *, lock: bool = False
) -> IncomingTransmission | None:
    """Find the transmission if it arrived before; None if it is to be taken in. With `lock`, no other of the
    organization is taken in until the transaction ends.

    Raises TransmissionRefused as `require_sender` does, and unless it has the bytes that it had before.
    """
    organization = require_sender(session, signed, liaison.sender, lock=lock)
    earlier = find_incoming_transmission(session, organization, liaison.id)
    _require_same_bytes(session, organization, liaison.id, earlier, signed.sha256)
    if earlier is None and count_waiting_liaisons(session, organization) >= MOST_WAITING:
        text = f"{MOST_WAITING} statements of your organization wait for the secretariat"
        raise TransmissionRefused(RefusalCode.TOO_MANY, text)
    return earlier


def find_acknowledged_withdrawal(
    session: ReadSession, signed: SignedStatement, withdrawal: TransmittedWithdrawal, *, lock: bool = False
) -> IncomingWithdrawal | None:
    """Find the withdrawal if it arrived before; None if it is to be taken in. With `lock`, nothing else of the
    organization is taken in until the transaction ends. Raises TransmissionRefused as `find_acknowledged` does."""
    organization = require_sender(session, signed, withdrawal.sender, lock=lock)
    earlier = session.get(IncomingWithdrawal, (organization, withdrawal.id))
    _require_same_bytes(session, organization, withdrawal.id, earlier, signed.sha256)
    return earlier


def require_withdrawn_letter(session: ReadSession, withdrawal: TransmittedWithdrawal) -> IncomingTransmission:
    """Return the letter that its sender withdraws. Raises TransmissionRefused: one answer whether there is none, it is
    of another organization, or it has another digest; another one if it was withdrawn before."""
    letter = find_incoming_transmission(session, withdrawal.sender.organization, withdrawal.withdraws.id)
    if letter is None or letter.sha256 != withdrawal.withdraws.sha256 or not withdrawal.is_addressed_here:
        text = "no letter of your organization with this id and sha256 was taken in here"
        raise TransmissionRefused(RefusalCode.NO_SUCH_LETTER, text)
    if find_withdrawal_of_liaison(session, letter.liaison_id):
        raise TransmissionRefused(RefusalCode.OTHER_BYTES, "the letter was withdrawn before, under another id")
    return letter


def find_withdrawal_of_liaison(session: ReadSession, liaison_id: UUID) -> IncomingWithdrawal | None:
    """Find how the sender of a liaison, which the caller may see, withdrew it by machine; None if it did not."""
    return session.scalar(select(IncomingWithdrawal).where(IncomingWithdrawal.liaison_id == liaison_id))


def require_addressed_body(session: ReadSession, liaison: TransmittedLiaison) -> tuple[Body, Addressee]:
    """Return the body that a liaison statement is addressed to, with what it is asked for. Raises TransmissionRefused
    unless exactly one body here that has not ended, and that the sender may know of, is addressed."""
    own = liaison.list_own_addressees()
    sender = liaison.sender.organization
    body = find_addressed_body(session, sender, own[0].group or "") if len(own) == 1 else None
    if body is None or body.has_ended(clock.now().date()):
        text = f"to does not name exactly one group of {OWN_ORGANIZATION} that takes liaison statements here"
        raise TransmissionRefused(RefusalCode.NO_SUCH_GROUP, text)
    return body, own[0]


def list_due_departures(session: ReadSession) -> Sequence[UUID]:
    """List the deliveries by machine of which an attempt is due now, the earliest first. For the worker."""
    waiting = (
        select(Delivery.id)
        .outerjoin(OutgoingTransmission, OutgoingTransmission.delivery_id == Delivery.id)
        .where(
            Delivery.channel == DeliveryChannel.MACHINE,
            Delivery.state == DeliveryState.DUE,
            or_(OutgoingTransmission.delivery_id.is_(None), OutgoingTransmission.try_at <= clock.now()),
        )
    )
    return session.scalars(waiting.order_by(Delivery.due_at, Delivery.id)).all()


def is_departing(session: ReadSession, delivery: Delivery) -> bool:
    """Return whether an attempt to send this delivery by machine is due now."""
    if delivery.channel != DeliveryChannel.MACHINE or delivery.state != DeliveryState.DUE:
        return False
    transmission = session.get(OutgoingTransmission, delivery.id)
    return transmission is None or (transmission.try_at is not None and transmission.try_at <= clock.now())


def list_due_withdrawals(session: ReadSession) -> Sequence[UUID]:
    """List the deliveries of withdrawn texts whose organization is to be informed of it now, the earliest first.
    For the worker."""
    return session.scalars(_select_due_withdrawals().order_by(Delivery.called_back_at, Delivery.id)).all()


def is_withdrawal_due(session: ReadSession, delivery: Delivery) -> bool:
    """Return whether the organization of a delivery is to be informed by machine now that the text was withdrawn."""
    return session.scalar(_select_due_withdrawals().where(Delivery.id == delivery.id)) is not None


def _select_due_withdrawals() -> Select[UUID]:
    """Select the deliveries of withdrawn texts whose letters may have arrived: they were acknowledged, or sent and not
    refused. While a letter may be on its way, nothing overtakes it."""
    now = clock.now()
    letter, withdrawal = OutgoingTransmission, WithdrawalTransmission
    never_sent = or_(letter.tries == 0, and_(letter.tries == 1, letter.problem == TransmissionProblem.NO_INBOX))
    refused = letter.problem.in_((TransmissionProblem.REFUSED, TransmissionProblem.LETTER_TOO_LARGE))
    is_on_its_way = and_(letter.try_at > now, letter.try_at <= now + LEASE)
    return (
        select(Delivery.id)
        .join(letter, letter.delivery_id == Delivery.id)
        .outerjoin(withdrawal, withdrawal.delivery_id == Delivery.id)
        .where(
            Delivery.state == DeliveryState.CALLED_BACK,
            or_(letter.acknowledged_at.is_not(None), and_(~never_sent, ~refused)),
            or_(letter.try_at.is_(None), ~is_on_its_way),
            or_(withdrawal.delivery_id.is_(None), withdrawal.try_at <= now),
        )
    )


def find_withdrawal(session: ReadSession, delivery: Delivery) -> WithdrawalTransmission | None:
    """Find how the organization of a delivery, which the caller may see, is informed that the text was withdrawn."""
    return session.get(WithdrawalTransmission, delivery.id)


def find_departure(session: ReadSession, delivery: Delivery) -> OutgoingTransmission | None:
    """Find how a delivery, which the caller may see, is sent by machine."""
    return session.get(OutgoingTransmission, delivery.id)


def load_departing_text(session: ReadSession, delivery: Delivery) -> DepartingText:
    """Load what the letter of a delivery says of its text."""
    output, body = session.get_one(Output, delivery.output_id), session.get_one(Body, delivery.body_id)
    addressee = find_addressee(delivery, list_addressees(session, output))
    access = get_access_of_document(session, output)
    return DepartingText(
        organization=delivery.recipient,
        group=body.prefix,
        wants=addressee.wants if addressee else RequestedAct.INFORMATION,
        symbol=output.symbol or "",
        subject=output.titles,
        original=output.original,
        in_reply_to=_find_answered_letter(session, addressee),
        reply_by=addressee.reply_by if addressee else None,
        access="addressees" if access == DocumentAccess.GROUP else access,
    )


def _find_answered_letter(session: ReadSession, addressee: OutputAddressee | None) -> UUID | None:
    """Find the identifier of the letter that an addressee is answered with, if it arrived by machine."""
    if addressee is None or addressee.in_reply_to is None:
        return None
    answered = select(IncomingTransmission.id).where(
        IncomingTransmission.liaison_id == addressee.in_reply_to,
        IncomingTransmission.organization == addressee.organization,
    )
    return session.scalar(answered)


def find_answered_output(session: ReadSession, liaison: TransmittedLiaison, body: Body) -> UUID | None:
    """Find the output of this body that a liaison statement answers: one that was sent to its sender by machine."""
    if liaison.in_reply_to is None:
        return None
    sent = (
        select(Delivery.output_id)
        .join(OutgoingTransmission, OutgoingTransmission.delivery_id == Delivery.id)
        .where(
            OutgoingTransmission.id == liaison.in_reply_to,
            OutgoingTransmission.organization == liaison.sender.organization,
            Delivery.body_id == body.id,
        )
    )
    return session.scalar(sent)
