"""Permanent paths of a document's editions, such as `/documents/{id}/rev-1`, and what each edition is called."""

import re

from starlette.convertors import Convertor, register_url_convertor

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection.display_names import EXTENSIONS
from app.domain.documents.models import Document, Edition, EditionStep, LanguageVersion
from app.domain.documents.queries import documents
from app.http.localization import Localizer

FIRST_TEXT_SLUG = "first"


class EditionSlugConvertor(Convertor[str]):
    """Path convertor of `first`, `rev-1`, `add-1`, `corr-1`.

    Nothing else matches, so that other routes can have paths at the same level.
    """

    regex = (
        f"{FIRST_TEXT_SLUG}|"
        f"(?:{EditionStep.REVISION}|{EditionStep.ADDENDUM}|{EditionStep.CORRIGENDUM})-[1-9][0-9]{{0,5}}"
    )

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("edition", EditionSlugConvertor())


def format_edition_slug(edition: Edition) -> str:
    """Return the path segment of an edition."""
    return format_step_slug(edition.step, edition.number)


def format_step_slug(step: str, number: int) -> str:
    """Return the path segment of the edition with that step and number."""
    return FIRST_TEXT_SLUG if step == EditionStep.TEXT else f"{step}-{number}"


def parse_edition_slug(edition_slug: str) -> tuple[EditionStep, int]:
    """Parse a path segment that matched `EditionSlugConvertor` into step and number."""
    step, _ignored, number = edition_slug.partition("-")
    return (EditionStep.TEXT, 0) if edition_slug == FIRST_TEXT_SLUG else (EditionStep(step), int(number))


def describe_edition(edition: Edition, formats: Localizer) -> LazyText:
    """Return what an edition is to its document."""
    number = formats.format_number(edition.number)
    match edition.step:
        case EditionStep.TEXT:
            return _("Original version")
        case EditionStep.REVISION:
            return _("Revision %(number)s", number=number)
        case EditionStep.ADDENDUM:
            return _("Addendum %(number)s", number=number)
    if edition.only_language:
        language = formats.language_name(edition.only_language)
        return _("Corrigendum %(number)s, for one language: %(language)s", number=number, language=language)
    return _("Corrigendum %(number)s", number=number)


def format_edition_file_name(edition: Edition, version: LanguageVersion) -> str:
    """Return the name under which a file is downloaded: symbol and language."""
    return f"{edition.symbol.replace('/', '-')}-{version.language.upper()}{EXTENSIONS.get(version.media, '')}"


def get_edition(session: ReadSession, document: Document, edition_slug: str = "") -> Edition:
    """Load an edition of a document that was loaded for the actor; without a slug, the one in force.

    Raises NotFound.
    """
    if not edition_slug:
        return documents.get_edition_in_force(session, document)
    if not re.fullmatch(EditionSlugConvertor.regex, edition_slug):
        raise NotFound()
    return documents.get_edition(session, document, *parse_edition_slug(edition_slug))
