"""Labels of the filters and columns of document lists."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain import member_states
from app.http.authentication import EntityName
from app.http.labels import KIND_LABELS, STATUS_LABELS, join_texts
from app.web.views.documents.sources import name_source

REGION_LABELS = {
    "A": _("A, Americas"),
    "B": _("B, Western Europe"),
    "C": _("C, Eastern Europe and Northern Asia"),
    "D": _("D, Africa"),
    "E": _("E, Asia and Australasia"),
}
NO_REGION_LABEL = _("Without a region")
LISTS_OF_STATES, SOURCES_OF_STATES = 200, 5_000
"""Numbers of lists of States with their names, and of sources of documents in words, that are kept."""


__all__ = ["COLUMN_LABELS", "DOCUMENT_STATUS_LABELS", "DOCUMENT_TYPE_LABELS", "NO_REGION_LABEL", "REGION_LABELS"]


DOCUMENT_TYPE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "C": _("Contributions (C)"),
        "INF": _("Information documents (INF)"),
        "ADM": _("Administrative documents (ADM)"),
        "DT": _("Temporary documents (DT)"),
        "DL": _("Temporary documents of limited distribution (DL)"),
        "R": _("Reports (R)"),
        "LS": _("Texts from other groups (LS)"),
    }
)
DOCUMENT_STATUS_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "standing": _("In force"),
        "revised": _("Revised"),
        "withdrawn": _("Withdrawn"),
        "void": _("Void"),
    }
)
# Symbol and title always come first; without a choice, the columns of `DEFAULT_COLUMNS` follow.
COLUMN_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "source": _("Source"),
        "kind": _("Kind"),
        "meeting": _("Meeting"),
        "item": _("Item"),
        "topics": _("Topics"),
        "posted": _("Registered"),
        "languages": _("Languages"),
    }
)
DEFAULT_COLUMNS = MappingProxyType(
    {
        "everywhere": ("source", "item", "posted", "languages"),
        "meeting": ("source", "item", "posted", "languages"),
        "without-role": ("source", "posted", "languages"),
    }
)


def sort_entity_codes(codes: Iterable[str], language: str) -> list[str]:
    """Sort entity codes: States by their names in that language, then others by theirs."""
    all_codes = set(codes)
    states = member_states.order_by_name(filter(member_states.is_known_state, all_codes), language)
    others = {code: EntityName(code).translate(language) for code in all_codes.difference(states)}
    return [*states, *sorted(others, key=lambda code: (member_states.name_sort_key(others[code], language), code))]


def list_entity_names(codes: Iterable[str], language: str) -> tuple[tuple[str, str], ...]:
    """List codes with their names in that language, sorted by `sort_entity_codes`."""
    all_codes = frozenset(codes)
    are_states = all(map(member_states.is_known_state, all_codes))
    return (_list_state_names if are_states else _list_names)(all_codes, language)


def _list_names(codes: frozenset[str], language: str) -> tuple[tuple[str, str], ...]:
    return tuple((code, EntityName(code).translate(language)) for code in sort_entity_codes(codes, language))


# The names of States do not change while a process runs; those of others are read for each request.
_list_state_names = lru_cache(LISTS_OF_STATES)(_list_names)


@cache
def list_member_states(language: str) -> tuple[tuple[str, str], ...]:
    """List the Member States with their names in that language."""
    return list_entity_names(member_states.MEMBER_STATES, language)


def format_submitter_and_signatories(
    entity: str, signed: tuple[str, ...], language: str, *, at_request: bool | None
) -> str:
    """Return the source of a document: its submitter and the other States that signed it."""
    are_states = all(map(member_states.is_known_state, (entity, *signed)))
    return (_format_states if are_states else _format_source)(entity, signed, language, at_request)


def _format_source(entity: str, signed: tuple[str, ...], language: str, at_request: bool | None) -> str:
    source = name_source(entity, at_request)
    if not signed:
        return source.translate(language)
    others = join_texts([EntityName(code) for code in sort_entity_codes(signed, language)])
    return _("%(source)s, with %(others)s", source=source, others=others).translate(language)


_format_states = lru_cache(SOURCES_OF_STATES)(_format_source)


@cache
def get_kind_label(code: str, language: str) -> str:
    """Return the label of a kind of document."""
    return KIND_LABELS[code].translate(language) if code in KIND_LABELS else code


@cache
def get_ending_tag(ending: str, language: str) -> tuple[str, str]:
    """Return the tag of a document that ended: style and label."""
    style, label = STATUS_LABELS[ending]
    return style, label.translate(language)
