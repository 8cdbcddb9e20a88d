"""What changed between two editions of a document, in one language, paragraph by paragraph."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.db import ReadSession
from app.domain.documents.models import Edition
from app.domain.documents.queries import documents
from app.domain.documents.rules import READ
from app.domain.files import queries as file_queries
from app.http.authentication import SignedInGuard
from app.http.page_context import COSTLY_TURN, ReadContext
from app.web.documents.reading import get_readable_document
from app.web.views.documents import editions
from app.web.views.documents.diffs import describe_differences
from app.web.views.documents.titles import localize_title

router = APIRouter()


@router.get("/documents/{document}/differences", dependencies=[Depends(SignedInGuard(READ)), COSTLY_TURN])
def show_document_diff(
    context: ReadContext,
    document: UUID,
    former: Annotated[str, Query(alias="from")] = editions.FIRST_TEXT_SLUG,
    latter: Annotated[str, Query(alias="to")] = "",
    language: str = "",
) -> Response:
    """Show the differences between two editions, named by their slugs: by default the first text and the one in force.

    Without a `language`: the reader's if both editions have it, else the original one, else any that both have.
    """
    document_row = get_readable_document(context, document)
    old = editions.get_edition(context.session, document_row, former)
    new = editions.get_edition(context.session, document_row, latter)
    shared_languages = list_shared_languages(context.session, old, new)
    reader_language = context.language
    chosen_language = language or next(
        (code for code in (reader_language, new.original, *shared_languages) if code in shared_languages), new.original
    )
    before = find_edition_paragraphs(context.session, old, chosen_language)
    after = find_edition_paragraphs(context.session, new, chosen_language)
    return context.render(
        "web/documents/differences.html",
        document=document_row,
        title=localize_title(new.titles, reader_language, new.original),
        old=old,
        new=new,
        key_of=editions.format_edition_slug,
        texts=documents.list_editions(context.session, document_row),
        shared=shared_languages,
        chosen=chosen_language,
        differences=describe_differences(before, after),
    )


def list_shared_languages(session: ReadSession, old: Edition, new: Edition) -> list[str]:
    """List the languages that both editions have."""
    new_languages = {version.language for version in documents.list_language_versions(session, new)}
    return [
        version.language
        for version in documents.list_language_versions(session, old)
        if version.language in new_languages
    ]


def find_edition_paragraphs(session: ReadSession, edition: Edition, language: str) -> list[str] | None:
    """Return the paragraphs of an edition in one language; None while they are not extracted, or cannot be.

    Raises NotFound if the edition is not there in that language.
    """
    rendition = file_queries.find_rendition(session, documents.get_language_version(session, edition, language).sha256)
    return rendition.paragraphs if rendition else None
