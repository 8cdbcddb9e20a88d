"""Labels of clauses and of versions in the language of the reader, where the established words are known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.core.i18n import DEFAULT_LANGUAGE, LazyText
from app.core.i18n import lazy_pgettext as _p
from app.domain.mandates.models import Clause, Mandate, MandateVersion
from app.domain.mandates.rules import localize_clause_label

PLACES: Mapping[str, LazyText] = MappingProxyType(
    {
        each.message: each
        for each in (
            _p("place of a conference", "Antalya"),
            _p("place of a conference", "Bucharest"),
            _p("place of a conference", "Dubai"),
            _p("place of a conference", "Geneva"),
            _p("place of a conference", "Johannesburg"),
            _p("place of a conference", "Kigali"),
            _p("place of a conference", "New Delhi"),
            _p("place of a conference", "New York"),
            _p("place of a conference", "Tunis"),
        )
    }
)
CHANGES: Mapping[str, LazyText] = MappingProxyType(
    {
        each.message: each
        for each in (
            _p("version of a resolution", "Rev."),
            _p("version of a resolution", "Mod."),
            _p("version of a resolution", "Amended"),
        )
    }
)
PLACE = re.compile(r"(?P<revised>Rev\. )?(?P<place>.+)")


@dataclass(frozen=True, slots=True)
class RegisterLabel:
    """A label of the register; `lang` is its language if it stays as it was entered."""

    text: LazyText | str
    lang: str | None


def name_clause(mandate: Mandate, clause: Clause) -> RegisterLabel:
    """Name a clause by its label."""
    known = localize_clause_label(mandate.source, clause.label)
    return RegisterLabel(known, None) if known else RegisterLabel(clause.label, DEFAULT_LANGUAGE)


def format_dating(version: MandateVersion) -> RegisterLabel:
    """Format place and year of a version, as its text is cited: “Rev. Antalya, 2006”."""
    year = str(version.year)
    if not version.place:
        return RegisterLabel(year, None)
    known = _localize_place(version.place)
    if known is None:
        return RegisterLabel(f"{version.place}, {year}", DEFAULT_LANGUAGE)
    return RegisterLabel(_p("version of a resolution", "%(place)s, %(year)s", place=known, year=year), None)


def _localize_place(place: str) -> LazyText | None:
    """Return the place of a version, or how it was changed, as it is called in each language; None if not known."""
    if place in CHANGES:
        return CHANGES[place]
    found = PLACE.fullmatch(place)
    city = PLACES.get(found["place"]) if found else None
    if found is None or city is None:
        return None
    return _p("version of a resolution", "Rev. %(place)s", place=city) if found["revised"] else city
