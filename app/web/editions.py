"""Permanent paths of a document's editions, such as `/documents/{id}/rev-1`, and what each edition is called."""

import re

from starlette.convertors import Convertor, register_url_convertor

from app.asgi.formats import Formats
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.gate.names import ENDINGS
from app.core.i18n import Text, say
from app.domain.documents import queries
from app.domain.documents.models import Document, Edition, LanguageVersion, Step

FIRST = "first"


class Slug(Convertor[str]):
    """Path convertor of `first`, `rev-1`, `add-1`, `corr-1`.

    Nothing else matches, so that other routes can have paths at the same level.
    """

    regex = f"{FIRST}|(?:{Step.REVISION}|{Step.ADDENDUM}|{Step.CORRIGENDUM})-[1-9][0-9]{{0,5}}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("edition", Slug())


def slug(edition: Edition) -> str:
    """Return the path segment of an edition."""
    return part(edition.step, edition.number)


def part(step: str, number: int) -> str:
    """Return the path segment of the edition with that step and number."""
    return FIRST if step == Step.TEXT else f"{step}-{number}"


def named_by(address: str) -> tuple[Step, int]:
    """Parse a path segment that matched `EditionSlugConvertor` into step and number."""
    step, _, number = address.partition("-")
    return (Step.TEXT, 0) if address == FIRST else (Step(step), int(number))


def called(edition: Edition, formats: Formats) -> Text:
    """Return what an edition is to its document."""
    number = formats.number(edition.number)
    match edition.step:
        case Step.TEXT:
            return say("First text")
        case Step.REVISION:
            return say("Revision %(number)s", number=number)
        case Step.ADDENDUM:
            return say("Addendum %(number)s", number=number)
    if edition.only_language:
        language = formats.language_name(edition.only_language)
        return say("Corrigendum %(number)s, for one language: %(language)s", number=number, language=language)
    return say("Corrigendum %(number)s", number=number)


def file_name(edition: Edition, version: LanguageVersion) -> str:
    """Return the name under which a file is downloaded: symbol and language."""
    return f"{edition.symbol.replace('/', '-')}-{version.language.upper()}{ENDINGS.get(version.media, '')}"


def one(session: ReadSession, document: Document, address: str = "") -> Edition:
    """Load an edition of a document that was loaded for the actor; without a slug, the one in force.

    Raises NotFound.
    """
    if not address:
        return queries.in_force(session, document)
    if not re.fullmatch(Slug.regex, address):
        raise Unknown()
    return queries.one_edition(session, document, *named_by(address))
