"""What changed between two editions of a document, in one language, paragraph by paragraph."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import Reading, TheHouse
from app.core.db import ReadSession
from app.core.differences import Kind, differences
from app.domain.documents import queries as documents
from app.domain.documents.models import Edition
from app.domain.documents.rules import READ
from app.domain.renditions import queries as renditions
from app.web import editions
from app.web.differences_view import stretches
from app.web.reading import one_readable
from app.web.titles import in_language

router = APIRouter()


@router.get("/documents/{document}/differences", name="document-differences", dependencies=[Depends(Asks(READ))])
def show(
    document: UUID,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    former: Annotated[str, Query(alias="from")] = editions.FIRST,
    latter: Annotated[str, Query(alias="to")] = "",
    language: str = "",
) -> Response:
    """Show the differences between two editions, named by their slugs: by default the first text and the one in force.

    Without a `language`: the reader's if both editions have it, else the original one, else any that both have.
    """
    document_row = one_readable(session, actor, document)
    old, new = editions.one(session, document_row, former), editions.one(session, document_row, latter)
    shared_languages = languages_of_both(session, old, new)
    reader_language = house.pages.language(request)
    chosen_language = language or next(
        (code for code in (reader_language, new.original, *shared_languages) if code in shared_languages), new.original
    )
    before, after = text_of(session, old, chosen_language), text_of(session, new, chosen_language)
    changes = None if before is None or after is None else differences(before, after)
    return house.pages.show(
        request,
        "web/documents/differences.html",
        document=document_row,
        title=in_language(new.titles, reader_language, new.original),
        old=old,
        new=new,
        key_of=editions.slug,
        texts=documents.editions(session, document_row),
        shared=shared_languages,
        chosen=chosen_language,
        stretches=list(stretches(changes or [])),
        count=sum(change.kind is not Kind.SAME for change in changes or []),
        is_ready=changes is not None,
    )


def languages_of_both(session: ReadSession, old: Edition, new: Edition) -> list[str]:
    """List the languages that both editions have."""
    new_languages = {version.language for version in documents.versions(session, new)}
    return [version.language for version in documents.versions(session, old) if version.language in new_languages]


def text_of(session: ReadSession, edition: Edition, language: str) -> list[str] | None:
    """Return the paragraphs of an edition in one language; None while they are not extracted, or cannot be.

    Raises NotFound if the edition is not there in that language.
    """
    rendition = renditions.of(session, documents.one_version(session, edition, language).sha256)
    return rendition.paragraphs if rendition else None
