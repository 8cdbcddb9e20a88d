"""Renditions of files. Whoever asks has found the file for the actor: a digest alone opens nothing."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import defer

from app.core.db import ReadSession
from app.domain.renditions.models import Rendition


def of(session: ReadSession, sha256: str) -> Rendition | None:
    """All of it, with the text."""
    return session.get(Rendition, sha256)


def of_all(session: ReadSession, files: Iterable[str]) -> Mapping[str, Rendition]:
    """By digest; without the texts, which are long and loaded only where they are read."""
    statement = select(Rendition).where(Rendition.sha256.in_(set(files)))
    found = session.scalars(statement.options(defer(Rendition.paragraphs)))
    return {each.sha256: each for each in found}
