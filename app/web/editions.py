"""How an address names an edition of a document: `first`, `rev-2`, `add-1`, `corr-1`; nothing: the text in force."""

from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.documents import queries as documents
from app.domain.documents.models import Document, Edition, Step

FIRST = "first"


def key_of(edition: Edition) -> str:
    """The edition's name in an address."""
    return FIRST if edition.step == Step.TEXT else f"{edition.step}-{edition.number}"


def one(session: ReadSession, document: Document, key: str = "") -> Edition:
    """That edition of a document which was found for the actor, or Unknown."""
    if not key:
        return documents.in_force(session, document)
    found = next((each for each in documents.editions(session, document) if key_of(each) == key), None)
    if found is None:
        raise Unknown()
    return found
