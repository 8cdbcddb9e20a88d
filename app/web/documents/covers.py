"""The cover page of a document in the style of ITU, as a PDF in the language of the document."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.domain.bodies.models import Body
from app.domain.documents.queries import documents
from app.domain.documents.rules import READ
from app.domain.meetings import queries as meetings
from app.http.authentication import EntityName, SignedInGuard
from app.http.exports.pdf_export import pdf_response
from app.http.labels import PURPOSE_LABELS, join_texts
from app.http.page_context import COSTLY_TURN, ReadContext
from app.web.documents.reading import get_readable_document
from app.web.views.documents import editions
from app.web.views.documents.cover_sheet import CoverSheet, list_typed_fields, localize_place
from app.web.views.documents.sources import name_source
from app.web.views.documents.subjects import read_subjects
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title

router = APIRouter()


@router.get("/documents/{document}/cover/{language}.pdf", dependencies=[Depends(SignedInGuard(READ)), COSTLY_TURN])
def download_cover_page(context: ReadContext, document: UUID, language: str, edition: str = "") -> Response:
    """Send the cover page of an edition as a PDF."""
    document_row = get_readable_document(context, document)
    text = editions.get_edition(context.session, document_row, edition)
    documents.get_language_version(context.session, text, language)
    body = context.session.get_one(Body, document_row.body_id)
    signers = [
        EntityName(sponsor.entity) for sponsor in documents.list_sponsors(context.session, text) if sponsor.signed
    ]
    meeting = meetings.find_meeting_of_document(context.session, context.actor, document_row)
    subjects = read_subjects(context.session, text, language)
    html = context.portal.templates.render_printable_html(
        language,
        "print/cover.html",
        sheet=CoverSheet(
            body_name=localize_title(body.names, language),
            meeting=meeting,
            place=localize_place(meeting, language),
            symbol=text.symbol,
            registered_at=text.registered_at,
            original=text.original,
            source=join_texts([name_source(document_row.entity, text.at_request), *signers]),
            regional_group=text.cover.get("regional_group"),
            title=localize_title(text.titles, language, text.original),
            purpose=PURPOSE_LABELS.get(text.cover.get("purpose", "")),
            topics=[name for _code, name in subjects.topics],
            citations=subjects.citations,
            questions=text.cover.get("questions", ""),
            typed=list_typed_fields(text.cover),
            abstract=text.abstract,
            foreign=get_original_language_if_foreign(text.original, language),
        ),
        address=f"{context.portal.settings.portal_url}/documents/{document_row.id}",
    )
    name = f"{text.symbol.replace('/', '-')}-{language.upper()}-cover.pdf"
    return pdf_response(context.session, html, name)
