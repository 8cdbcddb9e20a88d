"""The text of a file on the page of the thing it belongs to, or on which one decides on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.core.db import ReadSession
from app.domain.files import queries as file_queries
from app.domain.files.models import RenditionState

MAX_PARAGRAPHS_ON_PAGE: Final = 400
"""How many paragraphs of a text such a page shows; the file has all."""


@dataclass(frozen=True, slots=True)
class ShownText:
    """The text in one language, of `languages`: its first paragraphs, all unless not `is_whole`.

    `state` is that of the rendition, which they come from.
    """

    language: str
    languages: Sequence[str]
    paragraphs: Sequence[str]
    is_whole: bool
    state: str


def load_shown_text(
    session: ReadSession, files: Mapping[str, str], preferred: Sequence[str], *, contribution: UUID | None = None
) -> ShownText | None:
    """Load the text of the first of the `preferred` languages in which there is a file, else of the first file; None
    without any. Infected files are left out.

    `files` are the digests of files that were loaded for the actor, by language, `contribution` that to which they
    belong, if they do.
    """
    infected = file_queries.list_infected_files(session, files.values(), contribution=contribution)
    languages = [language for language, sha256 in files.items() if sha256 not in infected]
    if not languages:
        return None
    language = next((each for each in preferred if each in languages), languages[0])
    rendition = file_queries.find_rendition(session, files[language], contribution=contribution)
    paragraphs = (rendition.paragraphs if rendition else None) or []
    return ShownText(
        language,
        languages,
        paragraphs[:MAX_PARAGRAPHS_ON_PAGE],
        is_whole=len(paragraphs) <= MAX_PARAGRAPHS_ON_PAGE,
        state=rendition.state if rendition else RenditionState.WAITING,
    )
