"""Lock the report of a meeting for one change, and store its text as the next revision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import Stale, require_version
from app.core.journal import Event
from app.core.permissions import Actor, Permission
from app.domain.meetings.models import Meeting
from app.domain.reports import events, queries
from app.domain.reports.models import Report, ReportRevision
from app.domain.reports.rules import paragraphs, reports
from app.domain.reports.rules.paragraphs import ReportParagraph


@dataclass(frozen=True, slots=True)
class LockedReport:
    """The locked report of a meeting, for one change. The lock holds until the transaction ends."""

    session: WriteSession
    actor: Actor
    meeting: Meeting
    report: Report

    def load_paragraphs(self) -> list[ReportParagraph]:
        """Load the paragraphs of the latest revision."""
        return self.load_paragraphs_of(self.report.revision)

    def load_paragraphs_of(self, number: int) -> list[ReportParagraph]:
        """Load the paragraphs of a revision. Raises Stale if there is none of that number."""
        revision = self.session.get(ReportRevision, (self.report.id, number))
        if revision is None:
            raise Stale()
        return paragraphs.load_paragraphs(revision.paragraphs)

    def require_unchanged_paragraphs(self, keys: Iterable[str], *, revision: int) -> None:
        """Raise Stale if one of these paragraphs was changed, added or deleted after `revision`."""
        changed = paragraphs.list_changed_keys(self.load_paragraphs_of(revision), self.load_paragraphs())
        if not changed.isdisjoint(keys):
            raise Stale()

    def save_revision(self, revised: Sequence[ReportParagraph]) -> None:
        """Store a new revision and record that the report was changed."""
        self.store_revision(revised)
        self.record_event(events.ReportRevised(self.meeting.id, self.report.revision))

    def store_revision(self, revised: Sequence[ReportParagraph]) -> None:
        """Store the paragraphs as the next revision."""
        self.report.revision += 1
        self.session.add(
            ReportRevision(
                report_id=self.report.id,
                number=self.report.revision,
                paragraphs=paragraphs.dump_paragraphs(revised),
                made_by=self.actor.person,
                made_at=clock.now(),
            )
        )
        self.session.flush()

    def record_event(self, event: Event) -> None:
        """Record an event in the journal."""
        journal.record_event(self.session, self.actor, event, body=self.meeting.body_id)


def lock_report(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    permission: Permission[reports.ReportRuleSubject],
    *,
    revision: int | None = None,
) -> LockedReport:
    """Lock the report and check the permission; with `revision`, that there is no later one.

    Raises Forbidden, Conflict, Stale.
    """
    report = queries.find_report(session, meeting, lock=True)
    permission.require(actor, queries.build_report_rule_subject(session, meeting, actor.entity))
    assert report
    if revision is not None:
        require_version(report.revision, revision)
    return LockedReport(session, actor, meeting, report)
