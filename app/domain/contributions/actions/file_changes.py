"""What the questions about a file lead to, other than to register it as it is: its language, or the title of the draft,
becomes what was read in it."""

from app.core import journal
from app.core.db import WriteSession
from app.core.errors import Conflict, require_version
from app.core.files.ingest import build_language_finding, find_language_named
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding, FindingCode, report_schema
from app.core.permissions import Actor
from app.domain.contributions import events
from app.domain.contributions.actions.drafting import count_change
from app.domain.contributions.actions.originals import FILE_COLUMNS
from app.domain.contributions.inputs import FileLanguage
from app.domain.contributions.models import Contribution, ContributionFile, OriginalFile
from app.domain.contributions.queries import contributions as queries
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules.file_questions import find_title
from app.domain.contributions.rules.submissions import FILE_NOT_INSPECTED

LANGUAGE_IS_TAKEN = _("There is already a file in that language. Remove or replace one of them.")
NO_TITLE = _("No title was found in the file.")
ONE_LANGUAGE_ONLY = _("This corrigendum concerns one language, which cannot be changed. Replace the file.")
KEPT_COLUMNS = (*FILE_COLUMNS, "removed", "cleaned_at", "cleaned_by")


def change_file_language(
    session: WriteSession,
    actor: Actor,
    contribution: Contribution,
    language: str,
    to: FileLanguage,
    *,
    version: int,
) -> None:
    """Make the file in one language of a draft that in another; with the original, the language of the cover changes.

    It is the same file: its time of receipt stays, what was answered about it, and the original of a clean copy. Raises
    Forbidden, NotFound, Stale; Conflict if there is a file in that language, or the file is not accepted.
    """
    rules.EDIT.require(actor, contribution)
    require_version(contribution.version, version)
    file = queries.get_contribution_file(session, contribution, language)
    if not file.is_accepted:
        raise Conflict(FILE_NOT_INSPECTED)
    if contribution.only_language:
        raise Conflict(ONE_LANGUAGE_ONLY)
    if session.get(ContributionFile, (contribution.id, to.language)):
        raise Conflict(LANGUAGE_IS_TAKEN)
    _move_file(session, file, to.language)
    if contribution.original == language:
        contribution.original = to.language
    count_change(session, actor, contribution)
    event = events.ContributionFileMoved(contribution.id, language, to.language, file.sha256)
    journal.record_event(session, actor, event, body=contribution.body_id)


def _move_file(session: WriteSession, file: ContributionFile, language: str) -> None:
    """Put a file, and the original of which it is a clean copy, into the place of another language."""
    key = {"contribution_id": file.contribution_id, "language": language}
    moved = ContributionFile(**key, **{name: getattr(file, name) for name in FILE_COLUMNS})
    moved.findings = [
        _restate_language(report_schema.parse_finding(each), language).to_json() for each in file.findings
    ]
    moved.answers = [code for code in file.answers or () if code != FindingCode.LANGUAGE] or None
    session.add(moved)
    session.flush()
    if original := session.get(OriginalFile, (file.contribution_id, file.language)):
        session.add(OriginalFile(**key, **{name: getattr(original, name) for name in KEPT_COLUMNS}))
        session.delete(original)
        session.flush()
    session.delete(file)
    session.flush()


def _restate_language(finding: Finding, language: str) -> Finding:
    """Compare the language that was found in a file with the one that it has now."""
    found = find_language_named(finding) if finding.code is FindingCode.LANGUAGE else None
    return build_language_finding(found, language) if found else finding


def use_title_of_file(
    session: WriteSession, actor: Actor, contribution: Contribution, language: str, *, version: int
) -> None:
    """Make the title that was read in a file of a draft that of the cover.

    Raises Forbidden, NotFound, Stale; Conflict also if none was read in it.
    """
    rules.EDIT.require(actor, contribution)
    require_version(contribution.version, version)
    title = find_title(queries.get_contribution_file(session, contribution, language))
    if title is None:
        raise Conflict(NO_TITLE)
    if contribution.title == title:
        return
    contribution.title = title
    count_change(session, actor, contribution)
    event = events.ContributionChanged(contribution.id, contribution.version)
    journal.record_event(session, actor, event, body=contribution.body_id)
