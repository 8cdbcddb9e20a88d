"""The adoption record of an output: how, when and as exactly which text it was adopted, and what States said of it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import Reading, TheHouse
from app.asgi.printing import attached_pdf, is_available
from app.asgi.words import WAYS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import say
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries as outputs
from app.domain.outputs import rules
from app.domain.outputs.models import Output, Status
from app.domain.silence import queries
from app.web.output_languages import languages
from app.web.output_standing import about, alone
from app.web.silence_view import counted, positions, said
from app.web.titles import in_language

router = APIRouter()

SEES = [Depends(Asks(rules.SEE))]


@router.get("/outputs/{output}/record", name="adoption-record", dependencies=SEES)
def show(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the adoption record."""
    output_row = outputs.one_visible(session, actor, output)
    record_context = _build_record_context(session, actor, output_row, house.pages.language(request))
    return house.pages.show(request, "web/silence/record.html", has_pdf=is_available(), **record_context)


@router.get("/outputs/{output}/record.pdf", name="adoption-record-pdf", dependencies=SEES)
def printed(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Download the adoption record as PDF."""
    output_row = outputs.one_visible(session, actor, output)
    language = house.pages.language(request)
    record_context = _build_record_context(session, actor, output_row, language)
    meeting, body = session.get_one(Meeting, output_row.meeting_id), session.get_one(Body, output_row.body_id)
    html = house.pages.write(
        language,
        "print/adoption.html",
        meeting=meeting,
        body_name=in_language(body.names, language),
        place=in_language(meeting.place, language),
        **record_context,
    )
    return attached_pdf(session, html, f"{output_row.symbol} adoption record {language.upper()}.pdf".replace("/", "-"))


def _build_record_context(session: ReadSession, actor: Actor, output: Output, language: str) -> dict[str, Any]:
    """Build the template context of page and PDF. Raises Conflict if the text is not adopted."""
    rules.SEE.require(actor, outputs.case(session, output))
    if output.status == Status.DRAFT or output.adopted_how is None:
        raise Conflict(say("The text is not adopted yet: there is no record of its adoption."))
    procedure = queries.kept(session, output)
    silence_positions = queries.positions(session, procedure) if procedure else []
    return {
        "about": about(session, output, language),
        "translated": languages(session, actor, output, Formats(language)),
        "how": WAYS[output.adopted_how],
        "adopter": outputs.names_of(session, output).get(output.adopted_by) if output.adopted_by else None,
        "alone": alone(session, output, Formats(language)),
        "procedure": procedure,
        "said": positions(silence_positions),
        "counts": counted(silence_positions, len(procedure.addressees)) if procedure else [],
        "extensions": queries.extensions(session, procedure) if procedure else [],
        "statements": [said(each) for each in queries.statements(session, output)],
    }
