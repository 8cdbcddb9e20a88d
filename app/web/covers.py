"""The cover page of a document in the style of ITU, as a PDF in the document's language."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.files import disposition
from app.asgi.house import Reading, TheHouse
from app.asgi.printing import pdf_of
from app.asgi.words import PURPOSES
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.gate import PDF
from app.domain.bodies.models import Body
from app.domain.contributions import queries as contributions
from app.domain.documents import queries as documents
from app.domain.documents.models import Document
from app.domain.documents.rules import READ
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web import editions
from app.web.reading import one_readable
from app.web.titles import foreign, in_language

router = APIRouter()


@router.get("/documents/{document}/cover/{language}.pdf", name="document-cover", dependencies=[Depends(Asks(READ))])
def cover(
    document: UUID,
    language: str,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    edition: str = "",
) -> Response:
    found = one_readable(session, actor, document)
    text = editions.one(session, found, edition)
    documents.one_version(session, text, language)
    body = session.get_one(Body, found.body_id)
    own = contributions.of_document(session, actor, found.id)
    html = house.pages.write(
        language,
        "print/cover.html",
        text=text,
        title=in_language(text.titles, language, text.original),
        foreign=foreign(text.original, language),
        entity=EntityName(found.entity),
        action=PURPOSES.get(own.purpose) if own else None,
        body_name=in_language(body.names, language),
        meeting=meeting_of(session, actor, found),
        place_in=in_language,
        address=f"{house.settings.portal_url}/documents/{found.id}",
    )
    name = f"{text.symbol.replace('/', '-')}-{language.upper()}-cover.pdf"
    return Response(pdf_of(html), media_type=PDF, headers={"Content-Disposition": disposition("attachment", name)})


def meeting_of(session: ReadSession, actor: Actor, document: Document) -> Meeting | None:
    """The meeting to which it was registered: its scope is the meeting's number."""
    listed = (meeting for meeting, _ in meetings.listed(session, actor) if meeting.body_id == document.body_id)
    return next((meeting for meeting in listed if str(meeting.number) == document.scope), None)
