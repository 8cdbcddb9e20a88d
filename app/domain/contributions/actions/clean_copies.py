"""Put a clean copy in the place of a file of a draft, and its original back."""

from datetime import datetime

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import Stale, require_version
from app.core.permissions import Actor
from app.domain.contributions import events
from app.domain.contributions.actions import originals
from app.domain.contributions.actions.drafting import count_change
from app.domain.contributions.inputs import CleanCopyInput
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions as queries
from app.domain.contributions.queries import originals as kept
from app.domain.contributions.rules import permissions as rules
from app.domain.documents.inputs import LanguageFile
from app.domain.files import queries as file_queries


def save_clean_copy(
    session: WriteSession,
    actor: Actor,
    contribution: Contribution,
    copy: CleanCopyInput,
    *,
    version: int,
    began_at: datetime,
) -> None:
    """Put a clean copy, which was inspected, in the place of the file that it was made from; that is kept apart.

    It counts as received now. Raises Forbidden; Conflict, Stale if the draft or that file changed meanwhile.
    """
    rules.EDIT.require(actor, contribution)
    require_version(contribution.version, version)
    row = queries.get_contribution_file(session, contribution, copy.file.language)
    if row.sha256 != copy.original or not row.is_accepted:
        raise Stale()
    file_queries.require_clean_scans(session, [copy.original], contribution=contribution.id)
    originals.keep_original(session, actor, row, copy.removed)
    for name in LanguageFile.__slots__:
        setattr(row, name, getattr(copy.file, name))
    row.began_at, row.received_at = began_at, clock.now()
    row.verdict = row.examined_at = row.answers = None
    count_change(session, actor, contribution)
    event = events.ContributionFileCleaned(
        contribution.id, row.language, row.sha256, copy.original, contribution.by_entity
    )
    journal.record_event(session, actor, event, body=contribution.body_id)


def use_original_again(
    session: WriteSession, actor: Actor, contribution: Contribution, language: str, *, version: int
) -> None:
    """Put the original in the place of its clean copy again, with the time at which it was received.

    Raises Forbidden, Conflict, Stale; NotFound if none is kept.
    """
    rules.EDIT.require(actor, contribution)
    require_version(contribution.version, version)
    original = kept.get_kept_original(session, actor, contribution, language)
    row = queries.get_contribution_file(session, contribution, language)
    originals.restore_original(session, original, row)
    count_change(session, actor, contribution)
    event = events.ContributionOriginalRestored(contribution.id, language, row.sha256)
    journal.record_event(session, actor, event, body=contribution.body_id)
