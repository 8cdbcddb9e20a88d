"""Ask to be accredited: one button for each group on the page of people without a seat, and on the account page."""

from fastapi import APIRouter, Depends, Response

from app.domain.bodies.actions import accreditation_requests
from app.domain.bodies.queries.accreditation_requests import get_body_to_join
from app.domain.bodies.rules import REQUEST_ACCREDITATION
from app.http.authentication import SignedInGuard
from app.http.page_context import WriteContext
from app.web.forms.parsing import RejectRepeatedFields, TextField

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


@router.post("/accreditation-requests", dependencies=[Depends(SignedInGuard(REQUEST_ACCREDITATION))])
def request_accreditation(context: WriteContext, body: TextField = "") -> Response:
    """Ask to be accredited in a group."""
    body_row = get_body_to_join(context.session, context.actor, body)
    accreditation_requests.request_accreditation(context.session, context.actor, body_row)
    page = "/account" if context.actor.bodies_with_role() else "/"  # with a role, the home page is the desk
    return context.redirect(f"{page}?done=accreditation-requested")
