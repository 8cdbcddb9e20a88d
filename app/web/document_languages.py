"""In which languages there is a text, who supplied each, and which are missing: the parity of a document."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from app.asgi.actors import EntityName
from app.core.i18n import LANGUAGES, Text, say
from app.domain.documents import queries
from app.domain.documents.models import Document, Edition, LanguageVersion, Side, Step
from app.web.editions import slug


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """One official language of the edition that is shown: its file, or what there is instead.

    `held` says that a virus was found in the file after it was registered.
    """

    code: str
    is_original: bool
    version: LanguageVersion | None
    held: bool
    by: Text | None
    href: str
    older: tuple[str, str] | None
    corrected: list[tuple[str, str]]


def by(document: Document, side: str) -> Text:
    """Who did something to a document."""
    return EntityName(document.entity) if side == Side.SUBMITTER else say("the secretariat")


def languages(
    edition: Edition,
    editions: Sequence[Edition],
    versions: Sequence[LanguageVersion],
    document: Document,
    here: str,
    infected: Set[str],
) -> list[LanguageLine]:
    """Every official language, or the one that a corrigendum concerns. `infected` are digests of files."""
    there = {(each.edition_id, each.language): each for each in versions}
    codes = [edition.only_language] if edition.only_language else LANGUAGES
    return [
        LanguageLine(
            code=code,
            is_original=code == edition.original,
            version=version,
            held=version is not None and version.sha256 in infected,
            by=by(document, version.side) if version else None,
            href=f"{here}/{slug(edition)}/files/{code}",
            older=None if version else _older(edition, editions, there.keys(), code, here),
            corrected=list(_corrected(edition, editions, code, here)),
        )
        for code in codes
        for version in (there.get((edition.id, code)),)
    ]


def _older(
    edition: Edition, editions: Sequence[Edition], there: Set[tuple[UUID, str]], code: str, here: str
) -> tuple[str, str] | None:
    """The last text before this one that there is in that language: symbol and address."""
    if edition.step not in queries.TEXTS:
        return None
    before = [each for each in editions if each.step in queries.TEXTS and each.number < edition.number]
    for each in sorted(before, key=lambda text: text.number, reverse=True):
        if (each.id, code) in there:
            return each.symbol, f"{here}/{slug(each)}"
    return None


def _corrected(edition: Edition, editions: Sequence[Edition], code: str, here: str) -> Iterator[tuple[str, str]]:
    """The corrigenda to this text that concern that language: those registered until the next text came."""
    if edition.step not in queries.TEXTS:
        return
    later = [each.registered_at for each in editions if each.step in queries.TEXTS and each.number > edition.number]
    until = min(later, default=None)
    for each in editions:
        concerns = each.step == Step.CORRIGENDUM and each.only_language in (None, code)
        if concerns and each.registered_at > edition.registered_at and (until is None or each.registered_at < until):
            yield each.symbol, f"{here}/{slug(each)}"
