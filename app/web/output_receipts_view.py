"""Receipts of acts on outputs and positions, as pages list them."""

from collections.abc import Sequence
from uuid import UUID

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.domain.silence import attesting
from app.web.receipt_words import KINDS

Listed = Sequence[tuple[Receipt, Text]]


def about_output(session: ReadSession, output: UUID) -> Listed:
    """List the receipts of an output that was found for the reader."""
    return _told(receipts.all_of(session, output))


def about_position(session: ReadSession, actor: Actor, procedure: UUID) -> Listed:
    """List the receipts that the reader's State was given in a silence procedure, one for each position it took."""
    return _told(receipts.all_of(session, attesting.subject(procedure, actor.entity)))


def _told(rows: Sequence[Receipt]) -> Listed:
    return [(each, KINDS[each.kind]) for each in rows]
