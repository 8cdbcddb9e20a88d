"""Labels of the filters and columns of document lists."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from app.asgi.actors import EntityName
from app.asgi.words import KINDS, STANDINGS, together
from app.core.i18n import Text, say
from app.domain import member_states

REGIONS = {
    "A": say("A, Americas"),
    "B": say("B, Western Europe"),
    "C": say("C, Eastern Europe and Northern Asia"),
    "D": say("D, Africa"),
    "E": say("E, Asia and Australasia"),
}


__all__ = ["COLUMNS", "REGIONS", "STATUSES", "TYPES"]

KEPT = 10_000  # entries of the cache of formatted sources, in any language

TYPES: Mapping[str, Text] = MappingProxyType(
    {
        "C": say("Contributions (C)"),
        "INF": say("Information documents (INF)"),
        "ADM": say("Administrative documents (ADM)"),
        "DT": say("Temporary documents (DT)"),
        "DL": say("Temporary documents of limited distribution (DL)"),
        "R": say("Reports (R)"),
        "LS": say("Texts from other groups (LS)"),
    }
)
STATUSES: Mapping[str, Text] = MappingProxyType(
    {
        "standing": say("In force"),
        "revised": say("Revised"),
        "withdrawn": say("Withdrawn"),
        "void": say("Void"),
    }
)
# Symbol and title always come first; without a choice, the columns of `DEFAULT_COLUMNS` follow.
COLUMNS: Mapping[str, Text] = MappingProxyType(
    {
        "source": say("Source"),
        "kind": say("Kind"),
        "meeting": say("Meeting"),
        "item": say("Item"),
        "topics": say("Topics"),
        "posted": say("Registered"),
        "languages": say("Languages"),
    }
)
USUAL = MappingProxyType(
    {"everywhere": ("source", "kind", "posted", "languages"), "meeting": ("source", "item", "posted", "languages")}
)


def in_order(codes: Iterable[str], language: str) -> list[str]:
    """Sort entity codes: States by their names in that language, then others by their codes."""
    all_codes = set(codes)
    states = member_states.order(filter(member_states.is_known, all_codes), language)
    return [*states, *sorted(all_codes - set(states))]


def named(codes: Iterable[str], language: str) -> tuple[tuple[str, str], ...]:
    """List codes with their names in that language, sorted by `sort_entity_codes`."""
    return tuple((code, EntityName(code).into(language)) for code in in_order(codes, language))


@cache
def every_state(language: str) -> tuple[tuple[str, str], ...]:
    """List the Member States with their names in that language."""
    return named(member_states.MEMBER_STATES, language)


@lru_cache(KEPT)
def source_of(entity: str, signed: tuple[str, ...], language: str) -> str:
    """Return the source of a document: its submitter and the other States that signed it."""
    if not signed:
        return EntityName(entity).into(language)
    others = together([EntityName(code) for code in in_order(signed, language)])
    return say("%(source)s, with %(others)s", source=EntityName(entity), others=others).into(language)


@cache
def kind_of(code: str, language: str) -> str:
    """Return the label of a kind of document."""
    return KINDS[code].into(language) if code in KINDS else code


@cache
def standing_of(ending: str, language: str) -> tuple[str, str]:
    """Return the tag of a document that ended: style and label."""
    style, label = STANDINGS[ending]
    return style, label.into(language)
