"""Organizations in words: their kinds, and how the register names each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.domain.member_states import name_sort_key
from app.domain.organizations.models import Organization, OrganizationKind
from app.domain.organizations.rules import choose_name

ORGANIZATION_KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        OrganizationKind.SECTOR_MEMBER: _("Sector Member"),
        OrganizationKind.ASSOCIATE: _("Associate"),
        OrganizationKind.ACADEMIA: _("Academia"),
        OrganizationKind.INTERGOVERNMENTAL: _("Intergovernmental organization"),
        OrganizationKind.UNITED_NATIONS: _("United Nations"),
        OrganizationKind.STANDARDS: _("Standards organization"),
        OrganizationKind.TECHNICAL: _("Technical community"),
        OrganizationKind.REGIONAL: _("Regional organization"),
        OrganizationKind.INDUSTRY: _("Industry"),
        OrganizationKind.ITU_UNIT: _("Unit of ITU"),
    }
)


@dataclass(frozen=True, slots=True)
class RegisteredName:
    """A name of an organization in one language, and whether it was confirmed."""

    language: str
    language_name: str
    direction: str
    name: str
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class OrganizationLine:
    """An organization in the register. `name` is in the language of the page if there is one, confirmed or not."""

    code: str
    name: str
    is_confirmed: bool
    kind: LazyText
    from_on: date | None
    until_on: date | None


def build_organization_line(organization: Organization, language: str) -> OrganizationLine:
    """Build the line of an organization; a confirmed name has precedence over one to be confirmed."""
    confirmed = {each: organization.names[each] for each in organization.confirmed}
    name = choose_name(confirmed, language) or choose_name(organization.names, language) or organization.code
    return OrganizationLine(
        organization.code,
        name,
        bool(confirmed),
        ORGANIZATION_KIND_LABELS[organization.kind],
        organization.from_on,
        organization.until_on,
    )


def list_registered_names(organization: Organization) -> list[RegisteredName]:
    """List the names of an organization in the order of the official languages."""
    return [
        RegisteredName(
            language,
            NATIVE_NAMES[language],
            text_direction(language),
            organization.names[language],
            language in organization.confirmed,
        )
        for language in LANGUAGES
        if language in organization.names
    ]


def sort_organization_lines(
    lines: Sequence[OrganizationLine], words: str | None, language: str
) -> list[OrganizationLine]:
    """Sort lines by name as readers of the language expect; with words, only those whose name or code has them."""
    typed = (words or "").casefold()
    found = [line for line in lines if typed in line.name.casefold() or typed in line.code.casefold()]
    return sorted(found, key=lambda line: (name_sort_key(line.name, language), line.code))
