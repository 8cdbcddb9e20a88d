"""Topics as one reader sees them."""

from collections.abc import Collection, Mapping

from app.core.db import ReadSession
from app.domain.subjects import queries
from app.web.titles import in_language

Names = Mapping[str, str]
"""Names of all topics in one language, by code, in the order of the list."""


def names(session: ReadSession, language: str) -> Names:
    """Load the names of all topics; one statement for a whole page."""
    return {topic.code: in_language(topic.names, language)[0] for topic in queries.listed(session)}


def those(known: Names, codes: Collection[str]) -> list[tuple[str, str]]:
    """Select topics by their codes, as (code, name) in the order of the list."""
    return [(code, name) for code, name in known.items() if code in codes]


def choices(session: ReadSession, language: str, beside: Collection[str]) -> list[tuple[str, str]]:
    """List the topics that can be ticked, and those in `current_topics`, as (code, name)."""
    return [(topic.code, in_language(topic.names, language)[0]) for topic in queries.choosable(session, beside=beside)]
