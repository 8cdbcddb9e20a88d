"""Acts on a delivery, each with its check page: acknowledging one, noting one that was handed over, and noting that
somebody outside of the portal acknowledged it."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import DomainError
from app.domain.deliveries import rules
from app.domain.deliveries.actions import answers
from app.domain.deliveries.inputs import AcknowledgmentNote, HandoverNote
from app.domain.deliveries.models import Delivery
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.deliveries.pages import find_delivery
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields
from app.web.views.deliveries.deliveries import load_delivery_page

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

ACKNOWLEDGE_GUARDS, NOTE_GUARDS, NOTE_ACKNOWLEDGMENT_GUARDS = (
    [Depends(SignedInGuard(each))]
    for each in (rules.ACKNOWLEDGE_DELIVERY, rules.NOTE_DELIVERY_BY_HAND, rules.NOTE_ACKNOWLEDGMENT)
)


class HandoverForm(BaseModel):
    """When and how a text was handed over, as typed."""

    on: str = ""
    at: str = ""
    note: str = ""


class AcknowledgmentForm(BaseModel):
    """When and how a recipient acknowledged a text, as typed."""

    on: str = ""
    how: str = ""


@router.get("/deliveries/{delivery}/acknowledge", dependencies=ACKNOWLEDGE_GUARDS)
def show_acknowledgement_form(context: ReadContext, delivery: UUID) -> Response:
    """Show what acknowledging a delivery means."""
    row = find_delivery(context, delivery)
    rules.ACKNOWLEDGE_DELIVERY.require(context.actor, row)
    about = load_delivery_page(context.session, context.actor, row, context.language)
    return context.render("web/deliveries/acknowledge.html", about=about)


@router.post("/deliveries/{delivery}/acknowledge", dependencies=ACKNOWLEDGE_GUARDS)
def acknowledge_delivery(context: WriteContext, delivery: UUID) -> Response:
    """Acknowledge a delivery."""
    row = find_delivery(context, delivery, lock=True)
    answers.acknowledge_delivery(context.session, context.actor, row)
    return context.redirect(f"/deliveries/{row.id}?done=acknowledged")


@router.get("/deliveries/{delivery}/note", dependencies=NOTE_GUARDS)
def show_handover_form(context: ReadContext, delivery: UUID) -> Response:
    """Show the form that notes when and how a text was handed over."""
    row = find_delivery(context, delivery)
    rules.NOTE_DELIVERY_BY_HAND.require(context.actor, row)
    return _render_form("note", context, row, prefill_form(HandoverForm()))


@router.post("/deliveries/{delivery}/note", dependencies=NOTE_GUARDS)
def note_delivery_by_hand(context: WriteContext, delivery: UUID, form: Annotated[HandoverForm, Form()]) -> Response:
    """Note when and how a text was handed over."""
    row = find_delivery(context, delivery, lock=True)
    rules.NOTE_DELIVERY_BY_HAND.require(context.actor, row)
    return submit_form(
        context,
        HandoverNote,
        form.model_dump(),
        action=partial(answers.note_delivery_by_hand, context.session, context.actor, row),
        render=partial(_render_form, "note", context, row),
        done=f"/deliveries/{row.id}?done=handed-over",
    )


@router.get("/deliveries/{delivery}/acknowledgment", dependencies=NOTE_ACKNOWLEDGMENT_GUARDS)
def show_acknowledgment_note_form(context: ReadContext, delivery: UUID) -> Response:
    """Show the form that notes when and how a recipient outside of the portal acknowledged a text."""
    row = find_delivery(context, delivery)
    rules.NOTE_ACKNOWLEDGMENT.require(context.actor, row)
    return _render_form("acknowledgment", context, row, prefill_form(AcknowledgmentForm()))


@router.post("/deliveries/{delivery}/acknowledgment", dependencies=NOTE_ACKNOWLEDGMENT_GUARDS)
def note_acknowledgment(context: WriteContext, delivery: UUID, form: Annotated[AcknowledgmentForm, Form()]) -> Response:
    """Note when and how a recipient outside of the portal acknowledged a text."""
    row = find_delivery(context, delivery, lock=True)
    rules.NOTE_ACKNOWLEDGMENT.require(context.actor, row)
    return submit_form(
        context,
        AcknowledgmentNote,
        form.model_dump(),
        action=partial(answers.note_acknowledgment, context.session, context.actor, row),
        render=partial(_render_form, "acknowledgment", context, row),
        done=f"/deliveries/{row.id}?done=acknowledgment-noted",
    )


def _render_form(
    page: str,
    context: ReadContext,
    delivery: Delivery,
    entry: ParsedForm[HandoverNote] | ParsedForm[AcknowledgmentNote],
    refusal: DomainError | None = None,
) -> Response:
    about = load_delivery_page(context.session, context.actor, delivery, context.language)
    values = build_form_page_values(entry, refusal, field="on")
    return context.render(f"web/deliveries/{page}.html", about=about, **values)
