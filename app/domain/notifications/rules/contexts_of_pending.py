"""Contexts of notifications that ask for an act: over once the registry of pending actions has it no more."""

from dataclasses import replace

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.domain.bodies.models import Capacity
from app.domain.bodies.queries.seats import is_represented
from app.domain.contributions import events as contributions
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.meetings.models import Meeting
from app.domain.notifications.rules.contexts import (
    NO_ONE,
    BuildContext,
    build_accreditation_request_context,
    build_contribution_context,
    build_meeting_context,
    build_output_context,
    get_key,
)
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.organization_inboxes.models import OrganizationInbox
from app.domain.outputs.models import Output, OutputStatus, OutputTranslation, Withdrawal
from app.domain.outputs.queries.translations import find_current_completion_plan, get_completion_rule_subject
from app.domain.reports.models import Report, ReportStage


def contribution_in(status: ContributionStatus) -> BuildContext:
    """Return a function that builds the context of a contribution; over unless it has this status."""

    def build(session: ReadSession, line: JournalLine) -> NotificationContext:
        contribution = session.get(Contribution, get_key(line, "contribution"))
        is_over = contribution is None or contribution.status != status
        return replace(build_contribution_context(session, line), is_over=is_over)

    return build


CLEARANCE_STEPS = (
    contributions.ContributionFileReceived.name,
    contributions.ContributionCleared.name,
    contributions.ContributionReturned.name,
    contributions.ContributionSubmitted.name,
    contributions.ContributionDiscarded.name,
    contributions.ContributionTakenBack.name,
)
BEGINNING_AGAIN = (contributions.ContributionCleared.name, contributions.ContributionTakenBack.name)
"""After these steps, another file needs another clearance."""


def build_clearance_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a draft that its head of delegation can clear, which row security hides from the worker:
    from the journal. Over if its State requires no clearance, if the head was notified of an earlier file, and once it
    was cleared, returned, submitted or deleted."""
    state = str(line.facts.get("state", ""))
    context = NotificationContext(line.body or NO_ONE, entity=state, by_entity=state, is_over=True)
    if not _requires_clearance(session, line, state):
        return context
    steps = session.execute(
        select(JournalLine.seq, JournalLine.event)
        .where(
            JournalLine.event.in_(CLEARANCE_STEPS),
            JournalLine.facts.contains({"contribution": line.facts["contribution"]}),
        )
        .order_by(JournalLine.seq)
    ).all()
    before = [event for seq, event in steps if seq < line.seq]
    after = {event for seq, event in steps if seq > line.seq} - {line.event}
    is_first = not before or before[-1] in BEGINNING_AGAIN
    return replace(context, is_over=not is_first or bool(after))


def _requires_clearance(session: ReadSession, line: JournalLine, state: str) -> bool:
    """Return whether a State requires clearance of what it submits to the body of a line."""
    decided = JournalLine.event == contributions.ClearanceRequired.name, JournalLine.body == line.body
    of_state = JournalLine.facts["state"].astext == state
    last = select(JournalLine.facts).where(*decided, of_state).order_by(JournalLine.seq.desc()).limit(1)
    facts = session.scalar(last)
    return facts is not None and bool(facts["required"])


def build_proposed_item_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a proposal for the agenda, which row security hides from the worker: from the journal; over
    once it is accepted, answered or withdrawn."""
    later = (
        JournalLine.event == line.event,
        JournalLine.seq > line.seq,
        JournalLine.facts.contains({"proposal": line.facts["proposal"]}),
    )
    is_settled = session.scalar(select(JournalLine.seq).where(*later).limit(1)) is not None
    context = build_meeting_context(session, line)
    return replace(context, is_over=context.is_over or is_settled)


def build_unattended_request_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a request for accreditation, for the secretariat; over if the State has a focal point in the
    body, who answers it."""
    context = build_accreditation_request_context(session, line)
    has_focal_point = is_represented(session, context.body_id, context.entity, Capacity.FOCAL_POINT)
    return replace(context, is_over=context.is_over or has_focal_point)


def build_inbox_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the key of an organization, which another secretary decides; over once that was done."""
    is_over = not session.get_one(OrganizationInbox, get_key(line, "inbox")).is_open or line.body is None
    return NotificationContext(line.body or NO_ONE, is_for_all_secretaries=True, is_over=is_over)


def build_adopted_report_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an adopted report without a symbol; over once it is registered."""
    meeting = session.get_one(Meeting, get_key(line, "meeting"))
    stage = session.scalar(select(Report.stage).where(Report.meeting_id == meeting.id))
    return NotificationContext(meeting.body_id, is_over=stage != ReportStage.ADOPTED)


def build_withdrawal_proposal_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a proposal to withdraw a released text; over once it is confirmed, declined or retracted."""
    proposal = session.get_one(Withdrawal, get_key(line, "withdrawal"))
    return replace(build_output_context(session, line), is_over=proposal.ended_how is not None)


def build_failed_withdrawal_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a withdrawal that failed; over once it is tried again."""
    output = session.get_one(Output, get_key(line, "output"))
    has_failed = output.status == OutputStatus.WITHDRAWING and output.failed_because is not None
    return NotificationContext(output.body_id, is_over=not has_failed)


def build_unapproved_translation_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a translation that a second person approves; over once it is approved, replaced or
    removed."""
    key = (get_key(line, "output"), str(line.facts["language"]))
    added = session.get(OutputTranslation, key)
    is_waiting = added is not None and added.digest == line.facts["text"] and not added.is_approved
    return replace(build_output_context(session, line), is_over=not is_waiting)


def build_completable_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an advance version that can be released in all languages; over while a language is missing,
    and once that is scheduled."""
    output = session.get_one(Output, get_key(line, "output"))
    subject = get_completion_rule_subject(session, output)
    is_advance = output.status == OutputStatus.RELEASED and bool(output.still_to_come)
    is_completable = is_advance and not subject.missing_languages and subject.release_at is None
    return NotificationContext(output.body_id, is_over=not is_completable)


def build_failed_completion_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a release in all languages that failed; over once it is scheduled again."""
    output = session.get_one(Output, get_key(line, "output"))
    last_plan = find_current_completion_plan(session, output)
    has_failed = last_plan is not None and last_plan.failed_because is not None
    return NotificationContext(output.body_id, is_over=not has_failed)
