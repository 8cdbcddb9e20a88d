"""Queries on receipts by the thing that they are about. The caller has checked that the actor may see that thing."""

from uuid import UUID

from sqlalchemy import Select, select

from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.signing import PublicKey
from app.domain.receipts.models import Receipt, ReceiptKind


@list_of_thing
def list_receipts(subject_id: KeyParameter) -> Select[Receipt]:
    """List the receipts of a subject, the earliest first."""
    return select(Receipt).where(Receipt.subject == subject_id).order_by(Receipt.at, Receipt.id)


def get_receipt(session: ReadSession, subject_id: UUID, receipt_id: UUID) -> Receipt:
    """Return this receipt of the subject. Raises NotFound if there is none."""
    row = session.get(Receipt, receipt_id)
    if row is None or row.subject != subject_id:
        raise NotFound()
    return row


def find_latest_receipt(session: ReadSession, subject_id: UUID, kind: ReceiptKind | None = None) -> Receipt | None:
    """Find the last receipt of a subject, of this kind if one is given."""
    statement = select(Receipt).where(Receipt.subject == subject_id).order_by(Receipt.at.desc(), Receipt.id).limit(1)
    return session.scalar(statement if kind is None else statement.where(Receipt.kind == kind))


def has_receipt_signed_with(session: ReadSession, key: PublicKey) -> bool:
    """Return whether any receipt was signed with this key."""
    return session.scalar(select(Receipt.id).where(Receipt.public_key == key.text).limit(1)) is not None


def find_receipt_of_act(
    session: ReadSession, subject_id: UUID, kind: ReceiptKind, *, version: int, person_id: UUID
) -> Receipt | None:
    """Find the receipt that this person was given for the same act before."""
    return session.scalar(
        select(Receipt).where(
            Receipt.subject == subject_id,
            Receipt.kind == kind,
            Receipt.version == version,
            Receipt.person_id == person_id,
        )
    )
