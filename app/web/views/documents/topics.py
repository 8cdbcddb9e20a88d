"""Topics as one reader sees them."""

from collections.abc import Collection, Iterable, Mapping

from app.core.db import ReadSession
from app.domain.topics import queries
from app.domain.topics.models import Topic
from app.web.views.documents.titles import localize_title

TopicNames = Mapping[str, str]
"""Names of all topics in one language, by code, in the order of the list."""


def load_topic_names(session: ReadSession, language: str) -> TopicNames:
    """Load the names of all topics; one statement for a whole page."""
    return localize_topic_names(queries.list_topics(session), language)


def localize_topic_names(topics: Iterable[Topic], language: str) -> TopicNames:
    """Return the names of these topics in one language, by code."""
    return {topic.code: localize_title(topic.names, language)[0] for topic in topics}


def filter_topics_by_codes(topic_names: TopicNames, codes: Collection[str]) -> list[tuple[str, str]]:
    """Select topics by their codes, as (code, name) in the order of the list."""
    return [(code, name) for code, name in topic_names.items() if code in codes]


def list_topic_choices(session: ReadSession, language: str, current_topics: Collection[str]) -> list[tuple[str, str]]:
    """List the topics that can be ticked, and those in `current_topics`, as (code, name)."""
    return [
        (topic.code, localize_title(topic.names, language)[0])
        for topic in queries.list_choosable_topics(session, already_chosen=current_topics)
    ]
