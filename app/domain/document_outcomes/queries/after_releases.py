"""Outcomes of outputs that are made of documents: their deliveries, the liaison statements that reply to them, and the
mandates that they cite; and the replies to liaison statements that were registered as documents, and what their senders
withdrew."""

from typing import Any

from sqlalchemy import Row, Select, String, and_, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.deliveries.models import Delivery, RecipientKind
from app.domain.deliveries.queries import WORDS_OF_RECIPIENT
from app.domain.document_outcomes.queries.after_meetings import OUTPUT_COLUMNS, select_made_outputs
from app.domain.document_outcomes.queries.parameters import Origins, is_asked_about
from app.domain.document_outcomes.rules.outcomes import (
    DeliveryOutcome,
    LiaisonOutcome,
    MandateOutcome,
    OutcomeStage,
    ReplyOutcome,
    SenderWithdrawalOutcome,
)
from app.domain.documents.models import Document
from app.domain.liaisons.models import Liaison
from app.domain.liaisons.queries import REPLIES, list_visible_liaisons
from app.domain.mandates.models import Clause, Mandate
from app.domain.outputs.models import Output
from app.domain.outputs.queries.outputs import list_visible_outputs


def select_deliveries(actor: Actor, origins: Origins = Origins.DOCUMENTS) -> Select[*tuple[Any, ...]]:
    """Select the deliveries of these visible outputs, as the pages of the outputs show them."""
    made = select_made_outputs(actor, origins).subquery("delivered")
    times = func.coalesce(Delivery.called_back_at, Delivery.settled_at, Delivery.sent_at, Delivery.due_at)
    return (
        list_visible_outputs(actor)
        .join(made, made.c.output_id == Output.id)
        .join(Delivery, Delivery.output_id == Output.id)
        .outerjoin(Body, Body.id == Delivery.receiving_body_id)
        .with_only_columns(
            made.c.origin_id,
            Delivery.id,
            Delivery.output_id,
            Delivery.kind,
            Delivery.recipient,
            Delivery.state,
            times.label("at"),
            Body.names,
            WORDS_OF_RECIPIENT.label("words"),
            func.array_cat(Output.for_action, Output.for_information).label("words_without_rows"),
        )
    )


def build_delivery(row: Row[*tuple[Any, ...]]) -> DeliveryOutcome:
    """Build the outcome of a delivery, dated by its latest step."""
    is_in_words = row.kind == RecipientKind.WORDS
    words = (row.words or row.words_without_rows[int(row.recipient) - 1]) if is_in_words else None
    return DeliveryOutcome(
        origin_id=row.origin_id,
        key=f"delivery-{row.id}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.at,
        parents=(f"output-{row.output_id}",),
        output_id=row.output_id,
        kind=row.kind,
        recipient=words or row.recipient,
        names=row.names or {},
        state=row.state,
    )


def select_liaisons(actor: Actor, origins: Origins = Origins.DOCUMENTS) -> Select[*tuple[Any, ...]]:
    """Select the visible liaison statements that reply to these visible outputs."""
    made, sender = select_made_outputs(actor, origins).subquery("answered"), aliased(Body)
    visible_outputs = list_visible_outputs(actor).with_only_columns(Output.id)
    return (
        list_visible_liaisons(actor)
        .join(made, made.c.output_id == Liaison.answers)
        .outerjoin(sender, sender.id == Liaison.sender_body_id)
        .where(Liaison.answers.in_(visible_outputs))
        .with_only_columns(
            made.c.origin_id,
            Liaison.id,
            Liaison.answers,
            Liaison.organization,
            Liaison.subject,
            Liaison.received_at,
            Liaison.withdrawn_at,
            sender.prefix,
        )
    )


def build_liaison(row: Row[*tuple[Any, ...]]) -> LiaisonOutcome:
    """Build the outcome of a liaison statement that replies to an output."""
    return LiaisonOutcome(
        origin_id=row.origin_id,
        key=f"liaison-{row.id}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.received_at,
        parents=(f"output-{row.answers}",),
        liaison_id=row.id,
        organization=row.organization,
        sender=row.prefix or "",
        subject=row.subject,
        is_withdrawn=row.withdrawn_at is not None,
    )


def select_sender_withdrawals(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the visible liaison statements that were registered as the documents and that their senders withdrew."""
    return (
        list_visible_liaisons(actor)
        .join(Document, Document.id == Liaison.document_id)
        .where(is_asked_about(Document.id), Liaison.withdrawn_at.is_not(None))
        .with_only_columns(Document.id.label("origin_id"), Liaison.id, Liaison.withdrawn_at)
    )


def build_sender_withdrawal(row: Row[*tuple[Any, ...]]) -> SenderWithdrawalOutcome:
    """Build the outcome of a liaison statement that its sender withdrew."""
    return SenderWithdrawalOutcome(
        origin_id=row.origin_id,
        key=f"withdrawn-{row.id}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.withdrawn_at,
        liaison_id=row.id,
    )


def select_replies(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the visible outputs that are in reply to visible liaison statements that were registered as the
    documents."""
    registered = list_visible_liaisons(actor).join(Document, Document.id == Liaison.document_id)
    visible = registered.where(is_asked_about(Document.id)).subquery("replied")
    return (
        list_visible_outputs(actor)
        .join(REPLIES, REPLIES.c.output_id == Output.id)
        .join(visible, and_(visible.c.id == REPLIES.c.liaison_id, visible.c.body_id == Output.body_id))
        .with_only_columns(visible.c.document_id.label("origin_id"), *OUTPUT_COLUMNS)
    )


def build_reply(row: Row[*tuple[Any, ...]]) -> ReplyOutcome:
    """Build the outcome of a reply, dated by its latest step."""
    return ReplyOutcome(
        origin_id=row.origin_id,
        key=f"reply-{row.id}",
        stage=OutcomeStage.OUTPUT,
        at=row.withdrawn_at or row.released_at or row.adopted_at or row.drafted_at,
        output_id=row.id,
        symbol=row.symbol,
        titles=row.titles,
        original=row.original,
        status=row.status,
    )


def select_mandates(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the mandates and clauses that the visible outputs made from the documents cite, and the documents do
    not."""
    made = select_made_outputs(actor).subquery("citing")
    cited = func.unnest(cast(Output.mandates, ARRAY(String))).table_valued("code").render_derived(name="cited")
    by_document = select(Document.id).where(
        Document.id == made.c.origin_id, cited.c.code == func.any(Document.mandates)
    )
    return (
        list_visible_outputs(actor)
        .join(made, made.c.output_id == Output.id)
        .join(cited, true())
        .join(Mandate, Mandate.code == func.split_part(cited.c.code, "/", 1))
        .outerjoin(Clause, Clause.code == cited.c.code)
        .where(~by_document.exists())
        .with_only_columns(
            made.c.origin_id,
            Output.id.label("output_id"),
            cited.c.code,
            func.coalesce(Output.released_at, Output.adopted_at, Output.drafted_at).label("at"),
            Mandate,
            Clause,
        )
    )


def build_mandate(row: Row[*tuple[Any, ...]]) -> MandateOutcome:
    """Build the outcome of a mandate that an output cites, dated by the output."""
    return MandateOutcome(
        origin_id=row.origin_id,
        key=f"mandate-{row.output_id}-{row.code}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.at,
        parents=(f"output-{row.output_id}",),
        mandate=row.Mandate,
        clause=row.Clause,
    )
