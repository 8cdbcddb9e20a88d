"""Forwarding a released output to the parent group: the form and the action."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import BadRequest, DomainError
from app.domain.outputs.actions import forwarding
from app.domain.outputs.models import Output
from app.domain.outputs.queries import forwarding as tracing
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules.forwarding import FORWARD_OUTPUT
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_uuid_or_random
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title
from app.web.views.outputs.forwarding import NO_PARENT_MEETING_MESSAGE
from app.web.views.outputs.outputs import load_output_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

FORWARD_OUTPUT_GUARDS = [Depends(SignedInGuard(FORWARD_OUTPUT))]


@router.get("/outputs/{output}/forward", dependencies=FORWARD_OUTPUT_GUARDS)
def show_forwarding_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that forwards an output."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    FORWARD_OUTPUT.require(context.actor, tracing.get_forwarding_rule_subject(context.session, output_row))
    return _render_page(context, output_row)


@router.post("/outputs/{output}/forward", dependencies=FORWARD_OUTPUT_GUARDS)
def forward_output(context: WriteContext, output: UUID, meeting: TextField = "") -> Response:
    """Forward an output to a meeting of the parent group."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    FORWARD_OUTPUT.require(context.actor, tracing.get_forwarding_rule_subject(context.session, output_row))
    chosen = parse_uuid_or_random(meeting)
    refusal = try_action(
        context,
        lambda: forwarding.forward_output(context.session, context.actor, output_row, chosen),
        refusals=(BadRequest,),
    )
    if refusal:
        return _render_page(context, output_row, meeting, refusal)
    return context.redirect(f"/outputs/{output_row.id}?done=forwarded")


def _render_page(
    context: ReadContext, output: Output, chosen: str = "", refusal: DomainError | None = None
) -> Response:
    formats = context.localizer
    body = tracing.find_parent_body(context.session, output)
    assert body  # FORWARD was required before
    choices = [
        (str(each.id), format_meeting_name(each, body), formats.format_day_range(each.opens_on, each.closes_on))
        for each in tracing.list_forwarding_meetings(context.session, context.actor, output)
    ]
    return context.render(
        "web/outputs/forward.html",
        status=refusal.status if refusal else 200,
        about=load_output_summary(context.session, output, formats.language),
        group=localize_title(body.names, formats.language),
        choices=choices,
        chosen=chosen or (choices[0][0] if len(choices) == 1 else ""),
        error=refusal.reason if refusal else None,
        no_meeting=NO_PARENT_MEETING_MESSAGE,
    )
