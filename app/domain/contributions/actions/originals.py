"""Originals of files of which a clean copy was saved: kept apart until the draft is submitted, or its file changes."""

from collections.abc import Mapping

from sqlalchemy import delete

from app.core import clock
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.contributions.models import Contribution, ContributionFile, OriginalFile

FILE_COLUMNS = ("sha256", "size", "media", "name", "findings", "began_at", "received_at", "verdict", "examined_at")


def keep_original(session: WriteSession, actor: Actor, file: ContributionFile, removed: Mapping[str, int]) -> None:
    """Keep a file in whose place a clean copy comes. Of a copy that is cleaned again, the first original stays, with
    all that was left out."""
    key = (file.contribution_id, file.language)
    original = session.get(OriginalFile, key)
    earlier = dict(original.removed) if original else {}
    values = {name: getattr(original or file, name) for name in FILE_COLUMNS}
    if original:
        session.delete(original)
        session.flush()
    values["removed"] = earlier | {kind: count + earlier.get(kind, 0) for kind, count in removed.items()}
    kept = OriginalFile(contribution_id=file.contribution_id, language=file.language, **values)
    kept.cleaned_at, kept.cleaned_by = clock.now(), actor.person
    session.add(kept)


def restore_original(session: WriteSession, original: OriginalFile, file: ContributionFile) -> None:
    """Put an original in the place of its clean copy again."""
    for name in FILE_COLUMNS:
        setattr(file, name, getattr(original, name))
    file.answers = None
    session.delete(original)


def forget_originals(session: WriteSession, contribution: Contribution, language: str | None = None) -> None:
    """Keep the originals of a draft no longer, or that of one language: its file is another one, or is submitted."""
    condition = [OriginalFile.contribution_id == contribution.id]
    condition += [OriginalFile.language == language] if language else []
    session.execute(delete(OriginalFile).where(*condition))
