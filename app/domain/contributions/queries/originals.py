"""Originals of files of which a clean copy was saved: for those who may change the draft only."""

from collections.abc import Mapping

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.contributions.models import Contribution, OriginalFile
from app.domain.contributions.rules import permissions as rules
from app.domain.files import queries as file_queries


@read_once
def find_kept_originals(session: ReadSession, actor: Actor, contribution: Contribution) -> Mapping[str, OriginalFile]:
    """Find the originals that are kept, by their language; none for who may not change the draft."""
    if not rules.EDIT.allows(actor, contribution):
        return {}
    statement = select(OriginalFile).where(OriginalFile.contribution_id == contribution.id)
    return {original.language: original for original in session.scalars(statement)}


def get_kept_original(session: ReadSession, actor: Actor, contribution: Contribution, language: str) -> OriginalFile:
    """Return the original that is kept in that language. Raises NotFound."""
    original = find_kept_originals(session, actor, contribution).get(language)
    if original is None:
        raise NotFound()
    return original


def get_downloadable_original(
    session: ReadSession, actor: Actor, contribution: Contribution, language: str
) -> OriginalFile:
    """Return the original for its download. Raises NotFound; Conflict if it is infected."""
    original = get_kept_original(session, actor, contribution, language)
    file_queries.require_no_virus(session, [original.sha256], contribution=contribution.id)
    return original
