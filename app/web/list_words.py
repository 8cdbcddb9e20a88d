"""Words of the filters and columns of lists of documents."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from app.asgi.actors import EntityName
from app.asgi.words import KINDS, STANDINGS, together
from app.core.i18n import Text, say
from app.domain import member_states
from app.web.states import REGIONS

__all__ = ["COLUMNS", "REGIONS", "STATUSES", "TYPES"]

KEPT = 10_000  # sources as they were written lately, in any language

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
# Symbol and title always stand first; without a choice, the columns of `USUAL` follow.
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
    """States as a reader of that language looks them up, then others by their codes."""
    every = set(codes)
    states = member_states.order(filter(member_states.is_known, every), language)
    return [*states, *sorted(every - set(states))]


def named(codes: Iterable[str], language: str) -> tuple[tuple[str, str], ...]:
    """Codes and names in that language, in its order."""
    return tuple((code, EntityName(code).into(language)) for code in in_order(codes, language))


@cache
def every_state(language: str) -> tuple[tuple[str, str], ...]:
    """The Member States."""
    return named(member_states.MEMBER_STATES, language)


@lru_cache(KEPT)
def source_of(entity: str, signed: tuple[str, ...], language: str) -> str:
    """Whose document it is: who submitted it, and who signed it too."""
    if not signed:
        return EntityName(entity).into(language)
    others = together([EntityName(code) for code in in_order(signed, language)])
    return say("%(source)s, with %(others)s", source=EntityName(entity), others=others).into(language)


@cache
def kind_of(code: str, language: str) -> str:
    """The kind of a document."""
    return KINDS[code].into(language) if code in KINDS else code


@cache
def standing_of(ending: str, language: str) -> tuple[str, str]:
    """The tag of a document that ended."""
    look, word = STANDINGS[ending]
    return look, word.into(language)
