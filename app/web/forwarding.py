"""Forwarding a released output to the parent group: the form and the action."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unacceptable
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain.meetings.models import Meeting
from app.domain.outputs import forwarding, queries, rules, tracing
from app.domain.outputs.models import Output
from app.web.entries import EachFieldOnce, Typed, key_in
from app.web.forwarding_view import NO_MEETING
from app.web.output_standing import about
from app.web.standing import called
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

FORWARDS = [Depends(Asks(rules.FORWARD))]


@router.get("/outputs/{output}/forward", name="forwarding-output", dependencies=FORWARDS)
def forwarding_it(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that forwards an output."""
    output_row = queries.one_visible(session, actor, output)
    rules.FORWARD.require(actor, tracing.to_parent(session, output_row))
    return _render_page(session, actor, house, request, output_row)


@router.post("/outputs/{output}/forward", name="forward-output", dependencies=FORWARDS)
def forward(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, meeting: Typed = ""
) -> Response:
    """Forward an output to a meeting of the parent group."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.FORWARD.require(actor, tracing.to_parent(session, output_row))
    try:
        with apart(session):
            forwarding.forward(session, actor, output_row, key_in(meeting))
    except Unacceptable as error:
        return _render_page(session, actor, house, request, output_row, chosen=meeting, error=error.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=forwarded", 303)


def _format_days(meeting: Meeting, formats: Formats) -> Text:
    return say("%(first)s to %(last)s", first=formats.day(meeting.opens_on), last=formats.day(meeting.closes_on))


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    output: Output,
    *,
    chosen: str = "",
    error: Text | None = None,
) -> Response:
    formats = Formats(house.pages.language(request))
    body = tracing.parent(session, output)
    assert body  # FORWARD was required before
    choices = [
        (str(each.id), called(each, body), _format_days(each, formats))
        for each in tracing.where_to(session, actor, output)
    ]
    return house.pages.show(
        request,
        "web/outputs/forward.html",
        status=400 if error else 200,
        about=about(session, output, formats.language),
        group=in_language(body.names, formats.language),
        choices=choices,
        chosen=chosen or (choices[0][0] if len(choices) == 1 else ""),
        error=error,
        no_meeting=NO_MEETING,
    )
