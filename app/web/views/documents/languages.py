"""Language versions of an edition: which there are, who supplied each, and which are missing."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.documents.models import ActingSide, Document, Edition, EditionStep, LanguageVersion
from app.domain.documents.queries import documents
from app.http.authentication import EntityName
from app.web.views.documents.editions import format_edition_slug


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """One official language of the edition: its file, or what there is instead.

    `is_quarantined`: a virus was found in the file after it was registered.
    """

    code: str
    is_original: bool
    version: LanguageVersion | None
    is_quarantined: bool
    by: LazyText | None
    href: str
    older: tuple[str, str] | None
    corrected: list[tuple[str, str]]


def name_acting_side(document: Document, side: str) -> LazyText:
    """Return the name of the side that acted on a document: its submitter or the secretariat."""
    return EntityName(document.entity) if side == ActingSide.SUBMITTER else _("the secretariat")


def build_language_lines(
    edition: Edition,
    editions: Sequence[Edition],
    versions: Sequence[LanguageVersion],
    document: Document,
    path: str,
    infected_digests: Set[str],
    *,
    by_secretariat: bool = False,
) -> list[LanguageLine]:
    """Build a line for every official language, or for the one that a corrigendum concerns.

    `by_secretariat` is whether the secretariat submitted the edition in the name of its State.
    """
    versions_by_key = {(any_version.edition_id, any_version.language): any_version for any_version in versions}
    codes = [edition.only_language] if edition.only_language else LANGUAGES
    return [
        LanguageLine(
            code=code,
            is_original=code == edition.original,
            version=version,
            is_quarantined=version is not None and version.sha256 in infected_digests,
            by=_name_supplier(document, edition, version, by_secretariat=by_secretariat) if version else None,
            href=f"{path}/{format_edition_slug(edition)}/files/{code}",
            older=None if version else _find_older(edition, editions, versions_by_key.keys(), code, path),
            corrected=list(_list_corrigenda(edition, editions, code, path)),
        )
        for code in codes
        for version in (versions_by_key.get((edition.id, code)),)
    ]


def _name_supplier(document: Document, edition: Edition, version: LanguageVersion, *, by_secretariat: bool) -> LazyText:
    """Return the name of who supplied a file. What the State added after the registration is its own."""
    is_of_submission = version.side == ActingSide.SUBMITTER and version.supplied_at <= edition.registered_at
    if by_secretariat and is_of_submission:
        return _("the secretariat, on behalf of the State")
    return name_acting_side(document, version.side)


def _find_older(
    edition: Edition, editions: Sequence[Edition], available: Set[tuple[UUID, str]], code: str, path: str
) -> tuple[str, str] | None:
    """Find the last text before this one in that language: symbol and path, or None."""
    if edition.step not in documents.WHOLE_TEXT_STEPS:
        return None
    earlier = [
        other for other in editions if other.step in documents.WHOLE_TEXT_STEPS and other.number < edition.number
    ]
    for other in sorted(earlier, key=lambda text: text.number, reverse=True):
        if (other.id, code) in available:
            return other.symbol, f"{path}/{format_edition_slug(other)}"
    return None


def _list_corrigenda(edition: Edition, editions: Sequence[Edition], code: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield the corrigenda of this text in that language: those registered before the next text."""
    if edition.step not in documents.WHOLE_TEXT_STEPS:
        return
    later = [
        other.registered_at
        for other in editions
        if other.step in documents.WHOLE_TEXT_STEPS and other.number > edition.number
    ]
    until = min(later, default=None)
    for other in editions:
        concerns = other.step == EditionStep.CORRIGENDUM and other.only_language in (None, code)
        if concerns and other.registered_at > edition.registered_at and (until is None or other.registered_at < until):
            yield other.symbol, f"{path}/{format_edition_slug(other)}"
