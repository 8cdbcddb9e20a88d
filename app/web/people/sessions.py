"""End all sessions of a person: the page that asks, and the act."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.domain.bodies.actions import sessions
from app.domain.bodies.queries.roster import get_person_in_charge
from app.domain.bodies.rules import END_SESSIONS_OF_PERSON
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import RejectRepeatedFields
from app.web.forms.term_fields import build_entity_name

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


@router.get("/persons/{person}/end-sessions", dependencies=[Depends(SignedInGuard(END_SESSIONS_OF_PERSON))])
def show_page_to_end_sessions(context: ReadContext, person: UUID) -> Response:
    """Show whose sessions end, and what that means for them."""
    person_row = get_person_in_charge(context.session, context.actor, person)
    return context.render(
        "web/people/end_sessions.html",
        person=person_row,
        entity=build_entity_name(person_row.entity, person_row.entity_name),
    )


@router.post("/persons/{person}/end-sessions", dependencies=[Depends(SignedInGuard(END_SESSIONS_OF_PERSON))])
def end_sessions_of_person(context: WriteContext, person: UUID) -> Response:
    """End all sessions of a person."""
    person_row = get_person_in_charge(context.session, context.actor, person)
    sessions.end_sessions_of_person(context.session, context.actor, person_row)
    return context.redirect("/people?done=person-sessions-ended")
