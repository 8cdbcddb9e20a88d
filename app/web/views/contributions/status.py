"""Contributions as pages show them: list lines, progress, deadlines, files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.inspection import FindingLevel, report_schema
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution, ContributionFile, ContributionStatus, OriginalFile
from app.domain.contributions.queries.own_lists import ContributionRow
from app.domain.contributions.rules.permissions import OPEN_STATUSES, is_awaiting_chair, is_confirmed_text
from app.domain.document_outcomes.queries.outcomes import index_outcomes_of_documents
from app.domain.document_outcomes.rules.outcomes import DocumentOutcomes, ItemOutcome
from app.domain.documents.models import EditionStep
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import ENDED_LIVES, has_deadline_passed
from app.http.labels import FINDING_LEVEL_LABELS, SCAN_LABELS, VERDICT_LABELS, get_status_colour_and_label
from app.http.localization import Localizer
from app.web.forms.findings import FindingLine, describe_answered_findings, describe_findings
from app.web.views.contributions.clean_copies import NO_CLEAN_COPY, CleanCopyState, build_clean_copy_state
from app.web.views.documents.outcome_words import describe_latest_outcome, describe_state
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import get_original_language_if_foreign

MeetingsById = Mapping[UUID, tuple[Meeting, Body]]
TextPair = tuple[LazyText | str, LazyText | str]

NEXT_STEP_LABELS: Mapping[str, LazyText] = {
    ContributionStatus.DRAFT: _("Complete and submit the draft."),
    ContributionStatus.SUBMITTED: _("The secretariat checks the contribution and assigns its number."),
    "asked": _(
        "Your State was invited to co-sponsor, or has responded. The submitting State continues the work on the draft."
    ),
    "late": _("The chair decides whether to accept the contribution."),
    "confirm-late": _(
        "The State confirms the contribution or declines, and the chair decides whether to accept it late."
    ),
    "confirm-held": _(
        "The secretariat transfers the contribution to a later meeting, and the State confirms it for that meeting."
    ),
    "confirm": _("The State on whose behalf the secretariat submitted the contribution confirms it or declines."),
    ContributionStatus.RETURNED: _("Change the contribution and submit it again."),
    "declined": _("The secretariat decides whether to submit the contribution again with changes."),
    ContributionStatus.HELD: _("The secretariat transfers the contribution to a later meeting."),
    ContributionStatus.REGISTERED: _("All delegations of the group can see the contribution."),
    "ended": _("The number is not reused. The content is not available."),
}


@dataclass(frozen=True, slots=True)
class DeadlineChange:
    """A move of the deadline of a meeting: the instants before and now, in the zone of the meeting."""

    meeting_name: LazyText
    zone: str
    before: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class ContributionLine:
    """A contribution in a list."""

    href: str
    symbol: str | None
    title: str
    lang: str | None
    entity: LazyText
    tag: tuple[str, LazyText]
    next: LazyText | str
    meeting: LazyText
    zone: str
    submitted_at: datetime | None
    is_of_other: bool
    """Whether it is the contribution of another entity than that of the reader."""


@dataclass(frozen=True, slots=True)
class ContributionFileView:
    """A file with its findings, the tag of its inspection and virus scan, and what is said of clean copies of it."""

    file: ContributionFile
    findings: Sequence[FindingLine]
    tag: tuple[str, LazyText]
    clean_copy: CleanCopyState


def format_meeting_name(meeting: Meeting, body: Body) -> LazyText:
    """Return the name of a meeting."""
    return _("%(group)s, meeting %(number)s", group=body.prefix, number=meeting.number)


def index_meetings(rows: Iterable[Row[Meeting, Body]]) -> MeetingsById:
    """Index meetings with their bodies by the id of the meeting."""
    return {row[0].id: (row[0], row[1]) for row in rows}


def build_contribution_lines(
    session: ReadSession,
    actor: Actor,
    rows: Sequence[ContributionRow],
    meetings_by_id: MeetingsById,
    formats: Localizer,
) -> list[ContributionLine]:
    """Build the lines of a list of contributions for the actor; those on an agenda say when they are taken up, and
    then what became of them last."""
    registered = {row.document_id for row in rows if row.document_id and not row.ended_as}
    outcomes = index_outcomes_of_documents(session, actor, registered)
    return [
        _build_line(row, *meetings_by_id[row.meeting_id], actor.entity, formats, outcomes.get(row.document_id))
        for row in rows
    ]


def _build_line(
    row: ContributionRow,
    meeting: Meeting,
    body: Body,
    acting_entity: str,
    formats: Localizer,
    outcomes: DocumentOutcomes | None,
) -> ContributionLine:
    """Build the line of one contribution. Its symbol lacks that of the group, which the name of the meeting has."""
    symbol = row.edition_symbol or row.symbol
    accepted = row.late_accepted_by is not None
    return ContributionLine(
        href=f"/documents/{row.document_id}" if row.document_id else f"/contributions/{row.id}",
        symbol=symbol.removeprefix(f"{body.prefix} ") if symbol else None,
        title=row.title,
        lang=get_original_language_if_foreign(row.original, formats.language),
        entity=name_source(row.entity, row.at_request),
        tag=get_status_colour_and_label(_name_status(row), late=row.late, accepted=accepted),
        next=(outcomes and _describe_outcomes(outcomes, meeting, formats))
        or NEXT_STEP_LABELS[_name_next_step(row, acting_entity)],
        meeting=format_meeting_name(meeting, body),
        zone=meeting.zone,
        submitted_at=row.submitted_at,
        is_of_other=row.entity != acting_entity,
    )


def _describe_outcomes(outcomes: DocumentOutcomes, meeting: Meeting, formats: Localizer) -> LazyText | str | None:
    """Say what became of a document last, or after its meeting that nothing did, or under which item it is."""
    latest = describe_latest_outcome(outcomes, formats)
    if latest is None and meeting.life in ENDED_LIVES:
        return describe_state(outcomes, is_ended=False)
    return latest or (_describe_placement(outcomes.items[-1], meeting, formats) if outcomes.items else None)


def _describe_placement(placement: ItemOutcome, meeting: Meeting, formats: Localizer) -> LazyText:
    """Say under which item a document is taken up, and when that begins, or else when its session does."""
    if placement.hour is not None:
        hour = formats.format_short_instant(placement.hour, meeting.zone, weekday=True)
        return _("Agenda item %(number)s, planned for %(hour)s", number=placement.label, hour=hour)
    if placement.starts_at is None:
        return _("Agenda item %(number)s", number=placement.label)
    begin = formats.format_short_instant(placement.starts_at, meeting.zone, weekday=True)
    return _("Agenda item %(number)s, session of %(begin)s", number=placement.label, begin=begin)


def _is_declined(row: ContributionRow) -> bool:
    """Return whether it was returned to the secretariat because its State declined it."""
    return row.status == ContributionStatus.RETURNED and row.confirmation_declined_by is not None


def _waits_for_chair(row: ContributionRow) -> bool:
    """Return whether the chair has to decide whether it is accepted late."""
    return is_awaiting_chair(row.status, late=row.late, accepted=row.late_accepted_by is not None)


def _name_status(row: ContributionRow) -> str:
    """Name the status that the tag of a line shows."""
    if row.ended_as:
        return str(row.ended_as)
    if _is_declined(row):
        return "declined"
    if row.awaits_state and row.status == ContributionStatus.SUBMITTED and not _waits_for_chair(row):
        return "awaits-state"
    return str(row.status)


def _name_next_step(row: ContributionRow, acting_entity: str) -> str:
    """Name what has to happen next, as `NEXT_STEP_LABELS` has it, for somebody who acts for this entity."""
    is_waiting = _waits_for_chair(row)
    # Others than its authors see a draft only because their State was invited to sign it.
    is_invited = row.status in OPEN_STATUSES and acting_entity not in (row.entity, row.by_entity)
    if row.ended_as:
        return "ended"
    if row.awaits_state:
        is_held = row.status == ContributionStatus.HELD
        return "confirm-held" if is_held else "confirm-late" if is_waiting else "confirm"
    if is_waiting:
        return "late"
    if is_invited:
        return "asked"
    return "declined" if _is_declined(row) else str(row.status)


def is_waiting_for_chair(contribution: Contribution) -> bool:
    """Whether it came late and has not been accepted yet."""
    accepted = contribution.late_accepted_by is not None
    return is_awaiting_chair(contribution.status, late=contribution.late, accepted=accepted)


def format_deadline_unless_corrigendum(
    step: str, meeting: Meeting, formats: Localizer, *, short: bool = False
) -> TextPair | None:
    """Format the deadline of a contribution; None for a corrigendum, which has none."""
    return None if step == EditionStep.CORRIGENDUM else format_deadline(meeting, formats, short=short)


def format_deadline(meeting: Meeting, formats: Localizer, *, short: bool = False) -> TextPair:
    """Format the deadline for contributions: the time left, and the instant; `short` for a list."""
    deadline, zone = meeting.contributions_due_at, meeting.zone
    left, instant = formats.format_short_due(deadline, zone) if short else formats.format_due(deadline, zone)
    if has_deadline_passed(deadline):
        return instant, _("The deadline has passed. You can ask the chair to accept it late.")
    return left, instant


def find_draft_deadline_change(
    session: ReadSession, contribution: Contribution, meeting: Meeting
) -> DeadlineChange | None:
    """Find the move of the deadline of a draft. None once it is submitted, and for corrigenda."""
    if contribution.status not in OPEN_STATUSES or contribution.step == EditionStep.CORRIGENDUM:
        return None
    return find_deadline_change(session, meeting)


def find_deadline_change(session: ReadSession, meeting: Meeting) -> DeadlineChange | None:
    """Find the last move of the deadline of a meeting that is not over yet."""
    if meeting.closes_on < clock.now().date():
        return None
    moves = meetings.find_last_deadline_moves(session, [meeting])
    return (
        build_deadline_change(meeting, session.get_one(Body, meeting.body_id), moves[meeting.id][1]) if moves else None
    )


def build_deadline_change(meeting: Meeting, body: Body, previous_deadline: datetime) -> DeadlineChange:
    """Build the move of the deadline of a meeting to the present one."""
    name = format_meeting_name(meeting, body)
    return DeadlineChange(name, meeting.zone, previous_deadline, meeting.contributions_due_at)


def list_submission_steps(*, is_begun: bool) -> list[tuple[str, LazyText, LazyText | None]]:
    """List the way of a contribution for its author: (state, title, note) each. `is_begun` is whether there is a
    draft."""
    return [
        ("done" if is_begun else "now", _("Add the file"), _("The portal reads its title and its language.")),
        (
            "now" if is_begun else "next",
            _("Complete the draft"),
            _("You check what was read, and add what is missing."),
        ),
        ("next", _("Check and submit"), _("You receive an acknowledgement of receipt at once. Its time counts.")),
        ("next", _("Registered with its number"), _("All delegations of the group see it at the same time.")),
    ]


def list_progress_steps(
    contribution: Contribution, zone: str, formats: Localizer, *, awaits_state: bool = False
) -> list[tuple[str, LazyText, str | None]]:
    """List the steps of a contribution from draft to registration: (state, title, note) each."""
    is_open, is_registered = contribution.status in OPEN_STATUSES, contribution.status == ContributionStatus.REGISTERED
    began = formats.format_instant(contribution.drafted_at, zone)
    received = formats.format_instant(contribution.submitted_at, zone) if contribution.submitted_at else None
    if contribution.status == ContributionStatus.RETURNED:
        first = _("Declined by the State") if contribution.confirmation_declined_by else _("Returned for changes")
    else:
        first = _p("contribution", "Draft")
    progress: list[tuple[str, LazyText, str | None]] = [
        ("now" if is_open else "done", first, began),
        ("next" if is_open else "done", _p("step of a contribution", "Submitted"), None if is_open else received),
    ]
    if contribution.status == ContributionStatus.HELD:
        progress.append(("now", _("Held for a later meeting"), None))
    elif contribution.late and not is_open:
        progress.append(
            (
                "now" if is_waiting_for_chair(contribution) else "done",
                _("Late contribution accepted by the chair"),
                None,
            )
        )
    confirmed_at = contribution.confirmed_at if is_confirmed_text(contribution) else None
    if awaits_state or confirmed_at:
        confirmed = formats.format_instant(confirmed_at, zone) if confirmed_at else None
        progress.append(("now" if awaits_state else "done", _("Confirmed by the State"), confirmed))
    is_on_its_way = is_waiting_for_chair(contribution) or contribution.status == ContributionStatus.HELD
    is_waiting = is_open or awaits_state or is_on_its_way
    progress.append(
        ("done" if is_registered else "next" if is_waiting else "now", _("Registered with its number"), None)
    )
    return progress


def build_file_views(
    files: Iterable[ContributionFile],
    scan_states: Mapping[str, str],
    originals: Mapping[str, OriginalFile] | None = None,
    *,
    is_submitted: bool,
) -> list[ContributionFileView]:
    """Build the views of files; `scan_states` are the results of the virus scanner by digest. Those of a contribution
    that `is_submitted` say what was answered to their findings.

    `originals` are those of clean copies by their language; None for who may not change the draft.
    """
    return [
        _build_file_view(file, scan_states.get(file.sha256, "clean"), originals, is_submitted=is_submitted)
        for file in files
    ]


def _build_file_view(
    file: ContributionFile, scan_state: str, originals: Mapping[str, OriginalFile] | None, *, is_submitted: bool
) -> ContributionFileView:
    """Build the view of one file."""
    findings = [report_schema.parse_finding(each) for each in file.findings]
    is_changeable = originals is not None and scan_state == "clean"
    original = originals.get(file.language) if originals else None
    return ContributionFileView(
        file,
        describe_answered_findings(findings, file.answers or ()) if is_submitted else describe_findings(findings),
        SCAN_LABELS[scan_state] if file.is_accepted else VERDICT_LABELS[str(file.verdict)],
        build_clean_copy_state(file, findings, original) if is_changeable else NO_CLEAN_COPY,
    )


def list_answered_findings(files: Iterable[ContributionFileView]) -> list[tuple[LazyText, LazyText]]:
    """List the findings that were to be decided at the submission, with the answers: the label, and the sentence."""
    label = FINDING_LEVEL_LABELS[FindingLevel.DECIDE]
    return [(label[1], line[2]) for shown in files for line in shown.findings if line[:2] == label]
