"""What a text is about, as pages show it: its topics, and the mandates and action lines that it cites."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.core.database.combined_lists import read_statements_together
from app.core.db import ReadSession
from app.domain.mandates.queries import build_citable_texts, select_action_lines, select_citable_texts
from app.domain.topics.queries import select_topics
from app.web.views.documents.topics import filter_topics_by_codes, localize_topic_names
from app.web.views.mandates.citing import Citations, build_citations


class HasSubjects(Protocol):
    """A text that says by codes what it is about: a contribution, a document, an edition or its cover."""

    @property
    def topics(self) -> Collection[str]:
        """Codes of topics."""

    @property
    def mandates(self) -> Collection[str]:
        """Codes of mandates and of their clauses."""

    @property
    def action_lines(self) -> Collection[str]:
        """Codes of action lines."""


@dataclass(frozen=True, slots=True)
class SubjectCodes:
    """Codes of what several texts are about."""

    topics: Collection[str] = ()
    mandates: Collection[str] = ()
    action_lines: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class TextSubjects:
    """What a text is about: topics as (code, name), and what it cites."""

    topics: Sequence[tuple[str, str]] = ()
    citations: Citations = field(default_factory=Citations)


def read_subjects(session: ReadSession, tagged: HasSubjects, language: str) -> TextSubjects:
    """Read what a text is about, in one statement; in none if it names nothing. Retired topics and texts too."""
    if not (tagged.topics or tagged.mandates or tagged.action_lines):
        return TextSubjects()
    statements = [select_topics(), select_citable_texts(tagged.mandates), select_action_lines()]
    topic_rows, rows, line_rows = read_statements_together(session, statements)
    topics = localize_topic_names([topic for (topic,) in topic_rows], language)
    lines = [line for (line,) in line_rows if line.code in tagged.action_lines]
    return TextSubjects(
        filter_topics_by_codes(topics, tagged.topics),
        build_citations(build_citable_texts(rows, tagged.mandates), lines, language),
    )
