"""Receipts of a thing that was found for the actor; whether they may see it is decided where that thing is found."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.receipts.models import Kind, Receipt


def all_of(session: ReadSession, subject: UUID) -> Sequence[Receipt]:
    """Every receipt, the earliest first."""
    return session.scalars(select(Receipt).where(Receipt.subject == subject).order_by(Receipt.at, Receipt.id)).all()


def one_of(session: ReadSession, subject: UUID, receipt: UUID) -> Receipt:
    """That receipt, or Unknown."""
    found = session.get(Receipt, receipt)
    if found is None or found.subject != subject:
        raise Unknown()
    return found


def latest(session: ReadSession, subject: UUID, kind: Kind | None = None) -> Receipt | None:
    """The last one, of that kind if one is named."""
    statement = select(Receipt).where(Receipt.subject == subject).order_by(Receipt.at.desc(), Receipt.id).limit(1)
    return session.scalar(statement if kind is None else statement.where(Receipt.kind == kind))


def given(session: ReadSession, subject: UUID, kind: Kind, *, version: int, person: UUID) -> Receipt | None:
    """What this person was given for the same act before."""
    return session.scalar(
        select(Receipt).where(
            Receipt.subject == subject,
            Receipt.kind == kind,
            Receipt.version == version,
            Receipt.person_id == person,
        )
    )
