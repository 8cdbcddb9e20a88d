"""What changed between two texts of a document, in one language, paragraph by paragraph."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import Reading, TheHouse
from app.core.db import ReadSession
from app.core.differences import Kind, Paragraph, differences
from app.domain.documents import queries as documents
from app.domain.documents.models import Edition
from app.domain.documents.rules import READ
from app.domain.renditions import queries as renditions
from app.web import editions
from app.web.reading import one_readable
from app.web.titles import in_language

router = APIRouter()

AROUND = 1  # paragraphs that stay in sight before and after a change


@dataclass(frozen=True, slots=True)
class Stretch:
    """Paragraphs that follow each other: shown, or folded away since nothing changed in them."""

    folded: bool
    paragraphs: Sequence[Paragraph]


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
    found = one_readable(session, actor, document)
    old, new = editions.one(session, found, former), editions.one(session, found, latter)
    shared = languages_of_both(session, old, new)
    reader = house.pages.language(request)
    chosen = language or next((code for code in (reader, new.original, *shared) if code in shared), new.original)
    before, after = text_of(session, old, chosen), text_of(session, new, chosen)
    changes = None if before is None or after is None else differences(before, after)
    return house.pages.show(
        request,
        "web/documents/differences.html",
        document=found,
        title=in_language(new.titles, reader, new.original),
        old=old,
        new=new,
        key_of=editions.slug,
        texts=documents.editions(session, found),
        shared=shared,
        chosen=chosen,
        stretches=list(stretches(changes or [])),
        count=sum(each.kind is not Kind.SAME for each in changes or []),
        is_ready=changes is not None,
    )


def languages_of_both(session: ReadSession, old: Edition, new: Edition) -> list[str]:
    """The languages in which there are both."""
    later = {version.language for version in documents.versions(session, new)}
    return [version.language for version in documents.versions(session, old) if version.language in later]


def text_of(session: ReadSession, edition: Edition, language: str) -> list[str] | None:
    """Its paragraphs, or None while they are not read yet or if they cannot be. Unknown without that language."""
    made = renditions.of(session, documents.one_version(session, edition, language).sha256)
    return made.paragraphs if made else None


def stretches(changes: Sequence[Paragraph]) -> Iterator[Stretch]:
    """Everything in order; what is far from any change is folded, unless there is hardly anything of it."""
    near: set[int] = set()
    for at, each in enumerate(changes):
        if each.kind is not Kind.SAME:
            near.update(range(at - AROUND, at + AROUND + 1))
    for shown, group in groupby(range(len(changes)), key=near.__contains__):
        run = [changes[at] for at in group]
        yield Stretch(not shown and len(run) > AROUND, run)
