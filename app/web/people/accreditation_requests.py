"""Decline a request for accreditation, with a reason. It is accepted by accrediting the person."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.validation import ReasonInput
from app.domain.bodies import rules
from app.domain.bodies.actions.accreditation_requests import decline_accreditation_request
from app.domain.bodies.models import AccreditationRequest, Body
from app.domain.bodies.queries.accreditation_requests import get_request_to_answer
from app.domain.identity.models.tables import Person
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.forms.term_fields import build_entity_name

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

DECLINE_GUARD = [Depends(SignedInGuard(rules.DECLINE_ACCREDITATION_REQUEST))]


@router.get("/accreditation-requests/{accreditation_request}/decline", dependencies=DECLINE_GUARD)
def show_decline_form(context: ReadContext, accreditation_request: UUID) -> Response:
    """Show the form that declines a request."""
    request = _get_request(context, accreditation_request)
    return _render_form(context, request, ParsedForm({"reason": ""}, None, {}))


@router.post("/accreditation-requests/{accreditation_request}/decline", dependencies=DECLINE_GUARD)
def decline_request(context: WriteContext, accreditation_request: UUID, reason: TextField = "") -> Response:
    """Decline a request."""
    request = _get_request(context, accreditation_request)
    entry = parse_form(ReasonInput, {"reason": reason})
    if entry.value is None:
        return _render_form(context, request, entry)
    decline_accreditation_request(context.session, context.actor, request, entry.value)
    body = context.session.get_one(Body, request.body_id)
    return context.redirect(f"/people/{body.code}?done=request-declined")


def _get_request(context: ReadContext, request_id: UUID) -> AccreditationRequest:
    """Return a request that waits for the actor, who may decline it. Raises NotFound, Forbidden."""
    request = get_request_to_answer(context.session, context.actor, request_id)
    rules.DECLINE_ACCREDITATION_REQUEST.require(context.actor, rules.build_request_rule_subject(request))
    return request


def _render_form(context: ReadContext, request: AccreditationRequest, entry: ParsedForm[ReasonInput]) -> Response:
    """Render the form with what was typed and what is wrong with it."""
    person = context.session.get_one(Person, request.person_id)
    return context.render(
        "web/people/decline.html",
        status=get_form_http_status(entry),
        request_id=request.id,
        person=person,
        entity=build_entity_name(request.entity, person.entity_name),
        body=context.session.get_one(Body, request.body_id),
        typed=entry.typed,
        errors=entry.errors,
    )
