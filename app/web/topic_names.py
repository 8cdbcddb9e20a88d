"""Topics as one reader sees them."""

from collections.abc import Collection, Mapping

from app.core.db import ReadSession
from app.domain.subjects import queries
from app.web.titles import in_language

Names = Mapping[str, str]
"""Every topic in the reader's language, by code, in the order of the list."""


def names(session: ReadSession, language: str) -> Names:
    """One statement, for everything on a page that names topics."""
    return {topic.code: in_language(topic.names, language)[0] for topic in queries.listed(session)}


def those(known: Names, codes: Collection[str]) -> list[tuple[str, str]]:
    """These of them, as (code, name)."""
    return [(code, name) for code, name in known.items() if code in codes]


def choices(session: ReadSession, language: str, beside: Collection[str]) -> list[tuple[str, str]]:
    """What can be ticked now; `beside` are those that a thing carries already."""
    return [(topic.code, in_language(topic.names, language)[0]) for topic in queries.choosable(session, beside=beside)]
