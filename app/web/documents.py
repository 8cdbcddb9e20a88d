"""The register as its readers see it: the page of a document, and its files. Lists are in `document_lists`."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.files import download
from app.asgi.house import Reading, TheHouse
from app.asgi.words import KINDS, PURPOSES, ROLES
from app.core.access import Actor
from app.core.gate.names import ENDINGS
from app.core.i18n import Text
from app.domain.bodies.models import Body
from app.domain.contributions import queries as contributions
from app.domain.documents import queries, rules
from app.domain.documents.models import Document
from app.domain.meetings import queries as meetings
from app.web import editions, reading
from app.web.titles import foreign, in_language

router = APIRouter()


@router.get("/documents/{document}", name="document", dependencies=[Depends(Asks(rules.SEE))])
def show(document: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, document)
    language = house.pages.language(request)
    title, lang = in_language(found.titles, language, found.original)
    body = session.get_one(Body, found.body_id)
    place = meetings.place_of(session, found)
    own = contributions.of_document(session, actor, found.id)
    versions = queries.versions(session, queries.in_force(session, found))
    return house.pages.show(
        request,
        "web/documents/show.html",
        document=found,
        title=title,
        lang=lang,
        foreign=foreign(found.original, language),
        entity=EntityName(found.entity),
        kind=KINDS.get(found.kind, found.kind),
        versions=versions,
        reading=reading.about(session, found, versions, language),
        body=body,
        body_name=in_language(body.names, language),
        meeting=place[1] if place else None,
        item=(place[0].position, *in_language(place[0].titles, language)) if place else None,
        contribution=own,
        purpose=PURPOSES.get(own.purpose) if own else None,
        capacities=capacities(actor, found),
        acts_for=request.state.reader.acts_for,
    )


def capacities(actor: Actor, document: Document) -> list[Text]:
    """The seats because of which the actor sees it."""
    return [ROLES[role] for role in actor.capacities(document.body_id)]


@router.get("/documents/{document}/files/{language}", name="document-file", dependencies=[Depends(Asks(rules.SEE))])
def file(
    document: UUID,
    language: str,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    edition: str = "",
) -> Response:
    text = editions.one(session, queries.one_visible(session, actor, document), edition)
    version = queries.one_version(session, text, language)
    name = f"{text.symbol.replace('/', '-')}-{language.upper()}{ENDINGS.get(version.media, '')}"
    return download(
        request, house.store, sha256=version.sha256, media=version.media, name=name, caching="private, no-cache"
    )
