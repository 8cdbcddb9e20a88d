"""The cover page of a document in the style of ITU, as a PDF in the language of the document."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import Reading, TheHouse
from app.asgi.printing import attached_pdf
from app.asgi.words import PURPOSES, together
from app.domain.bodies.models import Body
from app.domain.documents import queries as documents
from app.domain.documents.rules import READ
from app.domain.meetings import queries as meetings
from app.web import editions
from app.web.reading import one_readable
from app.web.titles import foreign, in_language
from app.web.topic_names import names, those

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
    """Send the cover page of an edition as a PDF."""
    document_row = one_readable(session, actor, document)
    text = editions.one(session, document_row, edition)
    documents.one_version(session, text, language)
    body = session.get_one(Body, document_row.body_id)
    signers = [EntityName(sponsor.entity) for sponsor in documents.sponsors(session, text) if sponsor.signed]
    html = house.pages.write(
        language,
        "print/cover.html",
        text=text,
        title=in_language(text.titles, language, text.original),
        foreign=foreign(text.original, language),
        source=together([EntityName(document_row.entity), *signers]),
        topics=[name for _, name in those(names(session, language), text.topics)],
        purpose=PURPOSES.get(text.cover.get("purpose", "")),
        body_name=in_language(body.names, language),
        meeting=meetings.of_document(session, actor, document_row),
        place_in=in_language,
        address=f"{house.settings.portal_url}/documents/{document_row.id}",
    )
    name = f"{text.symbol.replace('/', '-')}-{language.upper()}-cover.pdf"
    return attached_pdf(session, html, name)
