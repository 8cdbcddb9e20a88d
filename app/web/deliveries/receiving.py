"""Receiving a delivery as the secretariat of a body: registering the text for a meeting, or returning it."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import BadRequest, DomainError
from app.core.validation import ReasonInput
from app.domain.bodies.models import Body
from app.domain.deliveries import queries, rules
from app.domain.deliveries.actions import receiving
from app.domain.deliveries.models import Delivery
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.deliveries.pages import find_delivery
from app.web.forms.actions import submit_form, try_action
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_uuid_or_random
from app.web.views.contributions.status import format_meeting_name
from app.web.views.deliveries.deliveries import load_delivery_page

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

RECEIVE_GUARDS, RETURN_GUARDS = (
    [Depends(SignedInGuard(each))] for each in (rules.RECEIVE_DELIVERY, rules.RETURN_DELIVERY)
)


class ReturnForm(BaseModel):
    """Why a text is returned, as typed."""

    reason: str = ""


@router.get("/deliveries/{delivery}/receive", dependencies=RECEIVE_GUARDS)
def show_receiving_form(context: ReadContext, delivery: UUID) -> Response:
    """Show the form that registers the text for a meeting."""
    row = find_delivery(context, delivery)
    rules.RECEIVE_DELIVERY.require(context.actor, row)
    return _render_meetings(context, row)


@router.post("/deliveries/{delivery}/receive", dependencies=RECEIVE_GUARDS)
def receive_delivery(context: WriteContext, delivery: UUID, meeting: TextField = "") -> Response:
    """Register the text as a document of a meeting. The verb locks the rows."""
    row, chosen = find_delivery(context, delivery), parse_uuid_or_random(meeting)
    refusal = try_action(
        context,
        lambda: receiving.receive_delivery(context.session, context.actor, row, chosen),
        refusals=(BadRequest,),
    )
    if refusal:
        return _render_meetings(context, row, meeting, refusal)
    return context.redirect(f"/deliveries/{row.id}?done=text-received")


def _render_meetings(
    context: ReadContext, delivery: Delivery, chosen: str = "", refusal: DomainError | None = None
) -> Response:
    formats, body = context.localizer, context.session.get_one(Body, delivery.receiving_body_id)
    choices = [
        (str(each.id), format_meeting_name(each, body), formats.format_day_range(each.opens_on, each.closes_on))
        for each in queries.list_receiving_meetings(context.session, context.actor, delivery)
    ]
    return context.render(
        "web/deliveries/receive.html",
        status=refusal.status if refusal else 200,
        about=load_delivery_page(context.session, context.actor, delivery, context.language),
        choices=choices,
        chosen=chosen or (choices[0][0] if len(choices) == 1 else ""),
        errors={"meeting": refusal.reason} if refusal else {},
    )


@router.get("/deliveries/{delivery}/return", dependencies=RETURN_GUARDS)
def show_return_form(context: ReadContext, delivery: UUID) -> Response:
    """Show the form that returns the text."""
    row = find_delivery(context, delivery)
    rules.RETURN_DELIVERY.require(context.actor, row)
    return _render_return(context, row, prefill_form(ReturnForm()))


@router.post("/deliveries/{delivery}/return", dependencies=RETURN_GUARDS)
def return_delivery(context: WriteContext, delivery: UUID, form: Annotated[ReturnForm, Form()]) -> Response:
    """Return the text with a reason."""
    row = find_delivery(context, delivery, lock=True)
    rules.RETURN_DELIVERY.require(context.actor, row)
    return submit_form(
        context,
        ReasonInput,
        form.model_dump(),
        action=partial(receiving.return_delivery, context.session, context.actor, row),
        render=partial(_render_return, context, row),
        done=f"/deliveries/{row.id}?done=text-returned",
    )


def _render_return(
    context: ReadContext, delivery: Delivery, entry: ParsedForm[ReasonInput], refusal: DomainError | None = None
) -> Response:
    about = load_delivery_page(context.session, context.actor, delivery, context.language)
    return context.render("web/deliveries/return.html", about=about, **build_form_page_values(entry, refusal))
