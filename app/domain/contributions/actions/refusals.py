"""Files that are refused after they arrived: by the inspection, or by the virus scanner.

What was submitted with such a file is returned to its State, which may replace that file. The system acts here, without
an actor, for the State that row-level security protects.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession, set_row_security_entity
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding
from app.domain.contributions import events
from app.domain.contributions.actions.arrivals import lock_waiting_file
from app.domain.contributions.models import (
    Contribution,
    ContributionFile,
    ContributionStatus,
    FileVerdict,
    RefusedFile,
    WaitingFile,
)
from app.domain.contributions.queries import contributions as queries
from app.domain.contributions.queries.submissions import list_contribution_files, list_refused_files
from app.domain.contributions.rules.permissions import CONFIRMABLE_STATUSES
from app.domain.contributions.rules.submissions import digest_cover
from app.domain.documents.models import EditionStep
from app.domain.files import actions as files
from app.domain.meetings.models import Meeting


def refuse_waiting_file(
    session: WriteSession, waiting: WaitingFile, reason: LazyText, findings: Sequence[Finding], *, grace: timedelta
) -> bool:
    """Save that a file was refused by the inspection; False if it was replaced or removed meanwhile.

    It counts for who handed it in, as one that is refused at the upload. What was submitted with it is returned to its
    State with the `reason`; of a draft, its writers are informed. `grace` is that of `return_for_file`.
    """
    if waiting.sent_by:
        files.count_refused_file(session, waiting.sent_by)
    found = lock_waiting_file(session, waiting)
    if found is None:
        return False
    contribution, row = found
    row.verdict, row.examined_at = FileVerdict.REFUSED, clock.now()
    row.findings = [finding.to_json() for finding in findings]
    if contribution.status in CONFIRMABLE_STATUSES:
        return_for_file(session, contribution, row, reason, grace=grace)
        return True
    _record_another_refusal(session, contribution, row, grace=grace)
    event = events.ContributionFileRefused(contribution.id, row.language, row.sha256, contribution.by_entity)
    journal.record_event(session, None, event, body=contribution.body_id)
    return True


def return_infected_contributions(session: WriteSession, sha256: str, virus_name: str, *, grace: timedelta) -> int:
    """Return every submitted contribution with this file, in which the virus scanner found something after submission.

    The verdict is saved for all contributions that have the file. Returns the number of contributions that were
    returned. `grace` is that of `return_for_file`.
    """
    files.save_virus_for_contributions(session, sha256, virus_name)
    contributions = queries.lock_submitted_contributions_with_file(session, sha256)
    reason = _(
        "The virus scanner found %(name)s in a file. Replace that file, then submit the contribution again.",
        name=virus_name,
    )
    for contribution in contributions:
        files.save_virus(session, sha256, virus_name, contribution=contribution.id)
        set_row_security_entity(session, contribution.by_entity)
        for file in list_contribution_files(session, contribution):
            if file.sha256 == sha256 and contribution.status in CONFIRMABLE_STATUSES:
                return_for_file(session, contribution, file, reason, grace=grace)
    return len(contributions)


def return_for_file(
    session: WriteSession, contribution: Contribution, file: ContributionFile, reason: LazyText, *, grace: timedelta
) -> None:
    """Return what was submitted to its State, for the sake of a file that was refused after that.

    If it came in time, the State may replace that file within the `grace`, which begins with the refusal or with the
    deadline, whichever is later. A replacement that is refused as well gets no more time.
    """
    _save_refused_file(session, contribution, file, grace=grace)
    contribution.status, contribution.held_because = ContributionStatus.RETURNED, None
    contribution.returned_because = reason.translate(contribution.original)
    contribution.version += 1
    journal.record_event(session, None, events.ContributionReturned(contribution.id), body=contribution.body_id)


def _record_another_refusal(
    session: WriteSession, contribution: Contribution, file: ContributionFile, *, grace: timedelta
) -> None:
    """Record the refusal of a second file of a submission that was returned for the first one."""
    if contribution.status != ContributionStatus.RETURNED:
        return
    for first in list_refused_files(session, contribution):
        if first.submitted.get(file.language) == file.sha256:
            _save_refused_file(session, contribution, file, grace=grace, first=first)
            return


def _save_refused_file(
    session: WriteSession,
    contribution: Contribution,
    file: ContributionFile,
    *,
    grace: timedelta,
    first: RefusedFile | None = None,
) -> None:
    """Save that a file was refused, and until when it may be replaced; `first` is the file of the same submission for
    which it was returned. One that replaced a refused file has no more time than that had."""
    now, due = clock.now(), session.get_one(Meeting, contribution.meeting_id).contributions_due_at
    has_time = not contribution.late and contribution.step != EditionStep.CORRIGENDUM  # which has no deadline
    files = {each.language: each.sha256 for each in list_contribution_files(session, contribution)}
    facts = {"sha256": file.sha256, "received_at": file.received_at, "refused_at": now}
    key = {"contribution_id": contribution.id, "language": file.language}
    statement = insert(RefusedFile).values(
        **key,
        **facts,
        until=max(now, due) + grace if has_time else now,
        cover_digest=first.cover_digest if first else digest_cover(contribution),
        submitted=first.submitted if first else files,
    )
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=facts))
