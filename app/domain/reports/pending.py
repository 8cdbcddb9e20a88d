"""What is pending for reports, from the draft to the register, and for action points."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, and_, exists, func, or_, select

from app.core import clock
from app.core.database.clock_parameters import build_day_parameter, build_moment_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, Urgency
from app.core.permissions import Actor, Permission
from app.domain.bodies.models import OFFICES_OF_A_BODY, Capacity, Office
from app.domain.bodies.pending import CHAIR_AND_SECRETARIAT, DELEGATION, OWNER, SECRETARIAT
from app.domain.bodies.queries.seats import select_people_with_seats
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.decisions import events as decision_events
from app.domain.decisions.models import ActionPoint, ActionPointProgress, Decision
from app.domain.meetings import events as meeting_events
from app.domain.meetings import queries as meetings
from app.domain.meetings.inputs import end_of_day
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.pending import build_meeting_action, select_meetings_with_prefix
from app.domain.reports import events
from app.domain.reports.models import CorrectionStatus, Report, ReportComment, ReportCorrection, ReportStage
from app.domain.reports.queries import IS_UNANSWERED_COMMENT
from app.domain.reports.rules import reports as rules
from app.domain.reports.rules.reports import ReportRuleSubject

THREE_MONTHS, TWO_WEEKS = timedelta(days=90), timedelta(days=14)
OFFICES = (*CHAIRS, Office.SECRETARY)
OPEN_REPORT = _("Open the report")

DRAFT = PendingActionKind(
    name="report:draft",
    heading=_("The report of a meeting has not been started"),
    words=_("Generate the draft from the record of the meeting."),
    button=OPEN_REPORT,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.DRAFT,),
    statuses=(ReportStage.NONE, MeetingLife.CLOSED),
    begun_by=(meeting_events.MeetingMoved.name,),
)
CIRCULATE = PendingActionKind(
    name="report:circulate",
    heading=_("A draft report has not been circulated"),
    words=_("Complete the draft, then circulate it to all delegations."),
    button=OPEN_REPORT,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.CIRCULATE, rules.KEEP),
    statuses=(ReportStage.DRAFT,),
    begun_by=(events.ReportDrafted.name,),
)
ANSWER = PendingActionKind(
    name="report:answer-correction",
    heading=_("%(entity)s requests a correction of the report"),
    words=_("Accept the correction, or reject it with a reason. The report cannot be adopted before."),
    button=_("Answer"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.ANSWER,),
    statuses=(CorrectionStatus.ASKED, ReportStage.CIRCULATED),
    begun_by=(events.CorrectionAsked.name,),
    impersonal=events.CorrectionAsked.words,
)
ANSWER_COMMENTS = PendingActionKind(
    name="report:answer-comments",
    heading=_("Comments on the report without an answer: %(count)s"),
    words=_("Answer each comment, or mark it as resolved. Comments that are open do not prevent the adoption."),
    button=_("Answer"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.ANSWER_COMMENT,),
    statuses=(ReportStage.DRAFT, ReportStage.CIRCULATED),
    begun_by=(events.ReportCommentWritten.name,),
)
ADOPT = PendingActionKind(
    name="report:adopt",
    heading=_("A circulated report has not been adopted"),
    words=_("No correction is open. Record the adoption once the report has been adopted."),
    button=OPEN_REPORT,
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.ADOPT,),
    statuses=(ReportStage.CIRCULATED,),
    begun_by=(events.ReportCirculated.name, events.CorrectionAnswered.name),
)
REGISTER = PendingActionKind(
    name="report:register",
    heading=_("An adopted report has no symbol"),
    words=_("Register the report as a document of the meeting."),
    button=OPEN_REPORT,
    waits_for=SECRETARIAT,
    settled_by=(rules.REGISTER,),
    statuses=(ReportStage.ADOPTED,),
    begun_by=(events.ReportAdopted.name,),
)
READ = PendingActionKind(
    name="report:read",
    heading=_("The draft report has been circulated"),
    words=_("Read it. Your delegation can request corrections until it is adopted."),
    button=OPEN_REPORT,
    waits_for=DELEGATION,
    statuses=(ReportStage.CIRCULATED,),
    begun_by=(events.ReportCirculated.name,),
    urgency=Urgency.NEWS,
)
CORRECT = PendingActionKind(
    name="report:correct",
    heading=_("Corrections of the draft report are due"),
    words=_(
        "Read the report, and request corrections before the deadline. No action is needed if your State has none."
    ),
    button=OPEN_REPORT,
    waits_for=DELEGATION,
    settled_by=(rules.CORRECT,),
    statuses=(ReportStage.CIRCULATED,),
    begun_by=(events.ReportCirculated.name, events.CorrectionsDeadlineSet.name),
)
CORRECTION_ACCEPTED = PendingActionKind(
    name="report:correction-accepted",
    heading=_("A correction requested by your delegation was accepted"),
    words=_("The report now has the new wording."),
    button=OPEN_REPORT,
    waits_for=DELEGATION,
    statuses=(CorrectionStatus.TAKEN,),
    begun_by=(events.CorrectionAnswered.name,),
    urgency=Urgency.NEWS,
)
CORRECTION_REJECTED = PendingActionKind(
    name="report:correction-rejected",
    heading=_("A correction requested by your delegation was rejected"),
    words=_("The reason is shown with the report."),
    button=OPEN_REPORT,
    waits_for=DELEGATION,
    statuses=(CorrectionStatus.DECLINED,),
    begun_by=(events.CorrectionAnswered.name,),
    urgency=Urgency.NEWS,
)
COMMENT_ANSWERED = PendingActionKind(
    name="report:comment-answered",
    heading=_("A comment of your delegation on the report was answered"),
    words=_("The answer is shown with the comment."),
    button=OPEN_REPORT,
    waits_for=DELEGATION,
    statuses=(ReportStage.CIRCULATED,),
    begun_by=(events.ReportCommentAnswered.name,),
    urgency=Urgency.NEWS,
)
UPDATE_ACTION = PendingActionKind(
    name="action:update",
    heading=_("An action point is not completed"),
    words=_("Do it, then update its progress."),
    button=_("Update the progress"),
    waits_for=OWNER,
    settled_by=(rules.UPDATE_ACTION,),
    statuses=(ActionPointProgress.OPEN,),
    begun_by=(events.ActionAdded.name, decision_events.DecisionTaken.name),
)
READ_AFTER_DEADLINE = _("Read it. The deadline for requesting corrections has passed.")
STEPS: tuple[tuple[PendingActionKind, Permission[ReportRuleSubject]], ...] = (
    (DRAFT, rules.DRAFT),
    (CIRCULATE, rules.CIRCULATE),
    (ADOPT, rules.ADOPT),
    (REGISTER, rules.REGISTER),
)


def select_reports_to_advance(actor: Actor) -> Select[Meeting, str, ReportStage | None, datetime | None, bool]:
    """Select the meetings whose report is not registered, with its stage and whether it has an open correction."""
    has_open_correction = exists().where(
        ReportCorrection.report_id == Report.id, ReportCorrection.state == CorrectionStatus.ASKED
    )
    is_over = and_(Meeting.life == MeetingLife.CLOSED, Meeting.closes_on >= build_day_parameter(-THREE_MONTHS))
    return (
        select_meetings_with_prefix(actor, *OFFICES)
        .outerjoin(Report, Report.meeting_id == Meeting.id)
        .add_columns(Report.stage, Report.circulated_at, has_open_correction)
        .where(or_(and_(Report.id.is_(None), is_over), Report.stage != ReportStage.REGISTERED))
        .order_by(Meeting.opens_on, Meeting.id)
    )


def build_report_actions(
    _session: ReadSession,
    actor: Actor,
    rows: Sequence[Row[Meeting, str, ReportStage | None, datetime | None, bool]],
) -> Iterator[PendingAction]:
    """Yield the next step of the report of each meeting, for those who work with the chair's tools."""
    for meeting, prefix, stage, circulated_at, is_disputed in rows:
        subject = ReportRuleSubject(meeting, stage or ReportStage.NONE)
        for kind, permission in STEPS:
            if (
                subject.stage in kind.statuses
                and permission.allows(actor, subject)
                and not (kind is ADOPT and is_disputed)
            ):
                yield build_meeting_action(kind, meeting, prefix, "/report", since=circulated_at)


def select_corrections_to_answer(actor: Actor) -> Select[Meeting, str, ReportStage, ReportCorrection]:
    """Select the corrections that States requested and that have no answer, the earliest first."""
    return (
        select_meetings_with_prefix(actor, *OFFICES)
        .join(Report, Report.meeting_id == Meeting.id)
        .join(ReportCorrection, ReportCorrection.report_id == Report.id)
        .add_columns(Report.stage, ReportCorrection)
        .where(ReportCorrection.state == CorrectionStatus.ASKED, Report.stage == ReportStage.CIRCULATED)
        .order_by(ReportCorrection.asked_at, ReportCorrection.id)
    )


def build_correction_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Meeting, str, ReportStage, ReportCorrection]]
) -> Iterator[PendingAction]:
    """Yield the corrections that the actor answers."""
    for meeting, prefix, stage, correction in rows:
        if rules.ANSWER.allows(actor, ReportRuleSubject(meeting, stage)):
            action = build_meeting_action(ANSWER, meeting, prefix, f"/report/corrections/{correction.id}")
            values = {"entity": correction.entity}
            yield replace(action, subject=correction.id, since=correction.asked_at, values=values)


def select_reports_with_open_comments(actor: Actor) -> Select[Meeting, str, ReportStage, int, datetime]:
    """Select the meetings with comments on the report that have no answer: how many, and since when."""
    of_report = select(ReportComment).where(ReportComment.report_id == Report.id, IS_UNANSWERED_COMMENT)
    since = of_report.with_only_columns(func.min(ReportComment.written_at)).correlate(Report).scalar_subquery()
    count = of_report.with_only_columns(func.count()).correlate(Report).scalar_subquery()
    return (
        select_meetings_with_prefix(actor, *OFFICES)
        .join(Report, Report.meeting_id == Meeting.id)
        .add_columns(Report.stage, count.label("comments"), since.label("since"))
        .where(Report.stage.in_(ANSWER_COMMENTS.statuses), of_report.correlate(Report).exists())
        .order_by(since, Meeting.id)
    )


def build_comment_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[Meeting, str, ReportStage, int, datetime]]
) -> Iterator[PendingAction]:
    """Yield the reports with comments that the actor answers."""
    for meeting, prefix, stage, count, since in rows:
        if rules.ANSWER_COMMENT.allows(actor, ReportRuleSubject(meeting, stage)):
            action = build_meeting_action(ANSWER_COMMENTS, meeting, prefix, "/report#comments", since=since)
            yield replace(action, values={"count": count}, count=count)


def select_circulated_reports(actor: Actor) -> Select[Meeting, str, datetime, datetime | None]:
    """Select the meetings with a circulated report, and its deadline for corrections, for the delegations."""
    return (
        select_meetings_with_prefix(actor, *DELEGATES)
        .join(Report, Report.meeting_id == Meeting.id)
        .add_columns(Report.circulated_at, Report.corrections_due_at)
        .where(Report.stage == ReportStage.CIRCULATED)
        .order_by(Report.circulated_at)
    )


def build_report_news(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[Meeting, str, datetime, datetime | None]]
) -> Iterator[PendingAction]:
    """Yield circulated reports, for the delegations: until the deadline for corrections, if there is one, as a task."""
    for meeting, prefix, circulated_at, due_at in rows:
        if due_at is None:
            yield build_meeting_action(READ, meeting, prefix, "/report", since=circulated_at)
        elif clock.now() <= due_at:
            yield build_meeting_action(CORRECT, meeting, prefix, "/report", due_at=due_at, since=circulated_at)
        else:
            action = build_meeting_action(READ, meeting, prefix, "/report", since=circulated_at)
            yield replace(action, words=READ_AFTER_DEADLINE)


def select_answered_corrections(actor: Actor) -> Select[Meeting, str, ReportCorrection]:
    """Select the corrections that the actor's State requested and that were answered in the last two weeks, until the
    report is adopted."""
    return (
        select_meetings_with_prefix(actor, *DELEGATES)
        .join(Report, Report.meeting_id == Meeting.id)
        .join(ReportCorrection, ReportCorrection.report_id == Report.id)
        .add_columns(ReportCorrection)
        .where(
            Report.stage == ReportStage.CIRCULATED,
            ReportCorrection.entity == actor.entity,
            ReportCorrection.answered_at >= build_moment_parameter(-TWO_WEEKS),
        )
        .order_by(ReportCorrection.answered_at)
    )


def build_correction_news(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[Meeting, str, ReportCorrection]]
) -> Iterator[PendingAction]:
    """Yield the answers to corrections that the actor's State requested."""
    for meeting, prefix, correction in rows:
        is_accepted = correction.state == CorrectionStatus.TAKEN
        kind = CORRECTION_ACCEPTED if is_accepted else CORRECTION_REJECTED
        action = build_meeting_action(kind, meeting, prefix, "/report")
        yield replace(action, subject=correction.id, since=correction.answered_at)


def select_answered_comments(actor: Actor) -> Select[Meeting, str, ReportComment]:
    """Select the comments of the actor's State that were answered in the last two weeks, until the adoption."""
    return (
        select_meetings_with_prefix(actor, *DELEGATES)
        .join(Report, Report.meeting_id == Meeting.id)
        .join(ReportComment, ReportComment.report_id == Report.id)
        .add_columns(ReportComment)
        .where(
            Report.stage.in_(COMMENT_ANSWERED.statuses),
            ReportComment.author == actor.entity,
            ReportComment.answered_at >= build_moment_parameter(-TWO_WEEKS),
        )
        .order_by(ReportComment.answered_at, ReportComment.id)
    )


def build_comment_news(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[Meeting, str, ReportComment]]
) -> Iterator[PendingAction]:
    """Yield the answers to comments of the actor's State."""
    for meeting, prefix, comment in rows:
        action = build_meeting_action(COMMENT_ANSWERED, meeting, prefix, f"/report#comment-{comment.id}")
        yield replace(action, subject=comment.id, since=comment.answered_at)


def select_open_action_points(actor: Actor) -> Select[ActionPoint, Meeting]:
    """Select the open action points of their owner: the person, or else the State, the secretariat, the chair.
    What a person did who left the group is a task of the member for which they acted."""
    owner = func.lower(ActionPoint.owner)
    of_no_person = or_(
        ActionPoint.owner_person.is_(None),
        *(
            and_(Meeting.body_id == body_id, ActionPoint.owner_person.not_in(select_people_with_seats(body_id)))
            for body_id in actor.bodies_with_role()
        ),
    )
    return (
        meetings.list_visible_meetings(actor)
        .join(Decision, Decision.meeting_id == Meeting.id)
        .join(ActionPoint, ActionPoint.decision_id == Decision.id)
        .with_only_columns(ActionPoint, Meeting)
        .where(
            ActionPoint.progress == ActionPointProgress.OPEN,
            or_(
                ActionPoint.owner_person == actor.person,
                and_(
                    of_no_person,
                    ActionPoint.owner == actor.entity,
                    Meeting.body_id.in_(actor.bodies_with_role(*DELEGATES)),
                ),
                *(
                    and_(of_no_person, owner == name, Meeting.body_id.in_(actor.bodies_with_role(office)))
                    for name, office in rules.OFFICES_BY_OWNER.items()
                ),
            ),
        )
        .order_by(ActionPoint.due_on.nulls_last(), ActionPoint.id)
    )


def build_action_point_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[ActionPoint, Meeting]]
) -> Iterator[PendingAction]:
    """Yield open action points, on the desk of their owner."""
    for point, meeting in rows:
        yield PendingAction(
            kind=UPDATE_ACTION,
            subject=point.id,
            path=f"/meetings/{meeting.id}/actions/{point.id}",
            title={point.lang: point.text},
            original=point.lang,
            due_at=end_of_day(point.due_on, meeting.zone) if point.due_on else None,
            zone=meeting.zone,
            since=point.changed_at,
        )


SOURCES = (
    PendingActionSource((DRAFT, CIRCULATE, ADOPT, REGISTER), OFFICES, select_reports_to_advance, build_report_actions),
    PendingActionSource((ANSWER,), OFFICES, select_corrections_to_answer, build_correction_actions),
    PendingActionSource((ANSWER_COMMENTS,), OFFICES, select_reports_with_open_comments, build_comment_actions),
    PendingActionSource((COMMENT_ANSWERED,), DELEGATES, select_answered_comments, build_comment_news),
    PendingActionSource((READ, CORRECT), DELEGATES, select_circulated_reports, build_report_news),
    PendingActionSource(
        (CORRECTION_ACCEPTED, CORRECTION_REJECTED), DELEGATES, select_answered_corrections, build_correction_news
    ),
    PendingActionSource(
        (UPDATE_ACTION,), (*Capacity, *OFFICES_OF_A_BODY), select_open_action_points, build_action_point_actions
    ),
)
