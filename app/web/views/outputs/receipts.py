"""Receipts of acts on outputs and positions, as pages list them."""

from collections.abc import Sequence
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.domain.silence.rules import compute_position_receipt_subject_id
from app.web.views.contributions.receipts import RECEIPT_KIND_LABELS

LabelledReceipts = Sequence[tuple[Receipt, LazyText]]


def list_output_receipts(session: ReadSession, output: UUID) -> LabelledReceipts:
    """List the receipts of an output that was found for the reader."""
    return _label_receipts(receipts.list_receipts(session, output))


def list_position_receipts(session: ReadSession, actor: Actor, procedure: UUID) -> LabelledReceipts:
    """List the receipts that the reader's State was given in a silence procedure, one for each position it took."""
    return _label_receipts(
        receipts.list_receipts(session, compute_position_receipt_subject_id(procedure, actor.entity))
    )


def _label_receipts(rows: Sequence[Receipt]) -> LabelledReceipts:
    return [(each, RECEIPT_KIND_LABELS[each.kind]) for each in rows]
