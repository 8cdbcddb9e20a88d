"""Queries for renditions. The caller has checked that the actor may read the file: a digest gives no right."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import defer

from app.core.db import ReadSession
from app.domain.renditions.models import Rendition


def find_rendition(session: ReadSession, sha256: str) -> Rendition | None:
    """Find the rendition of a file, with its text."""
    return session.get(Rendition, sha256)


def find_renditions(session: ReadSession, files: Iterable[str]) -> Mapping[str, Rendition]:
    """Find the renditions of these files, by digest. Their texts, which are long, are loaded on access only."""
    statement = select(Rendition).where(Rendition.sha256.in_(set(files)))
    renditions = session.scalars(statement.options(defer(Rendition.paragraphs)))
    return {rendition.sha256: rendition for rendition in renditions}
