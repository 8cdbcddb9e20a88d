"""Queries on receipts by the thing that they are about. The caller has checked that the actor may see that thing."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.receipts.models import Kind, Receipt


def all_of(session: ReadSession, subject: UUID) -> Sequence[Receipt]:
    """List the receipts of a subject, the earliest first."""
    return session.scalars(select(Receipt).where(Receipt.subject == subject).order_by(Receipt.at, Receipt.id)).all()


def one_of(session: ReadSession, subject: UUID, receipt: UUID) -> Receipt:
    """Return this receipt of the subject. Raises NotFound if there is none."""
    row = session.get(Receipt, receipt)
    if row is None or row.subject != subject:
        raise Unknown()
    return row


def latest(session: ReadSession, subject: UUID, kind: Kind | None = None) -> Receipt | None:
    """Find the last receipt of a subject, of this kind if one is given."""
    statement = select(Receipt).where(Receipt.subject == subject).order_by(Receipt.at.desc(), Receipt.id).limit(1)
    return session.scalar(statement if kind is None else statement.where(Receipt.kind == kind))


def given(session: ReadSession, subject: UUID, kind: Kind, *, version: int, person: UUID) -> Receipt | None:
    """Find the receipt that this person was given for the same act before."""
    return session.scalar(
        select(Receipt).where(
            Receipt.subject == subject,
            Receipt.kind == kind,
            Receipt.version == version,
            Receipt.person_id == person,
        )
    )
