"""Read the report of a meeting, its revisions, corrections and template, and the action points of a body.

Access to the meeting is checked by the caller.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, select

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.decisions.models import ActionPoint, Decision, Progress
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.reports import rules
from app.domain.reports.models import Answer, Report, ReportCorrection, ReportRevision, ReportTemplate, Stage


def of(session: ReadSession, meeting: Meeting, *, lock: bool = False) -> Report | None:
    """Find the report of a meeting, without a check of access. With `lock`, it is locked until the transaction ends."""
    statement = select(Report).where(Report.meeting_id == meeting.id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def at(session: ReadSession, meeting: Meeting, entity: str = "") -> rules.At:
    """Build the subject of the rules for the meeting and its report."""
    report = of(session, meeting)
    return rules.At(meeting, report.stage if report else Stage.NONE, entity)


def visible(session: ReadSession, actor: Actor, meeting: Meeting) -> Report | None:
    """Find the report, if the actor may see it: a draft is visible only with the chair's tools."""
    report = of(session, meeting)
    if report is None or (report.stage == Stage.DRAFT and not has_the_tools(actor, meeting)):
        return None
    return report


def one_visible(session: ReadSession, actor: Actor, meeting: Meeting) -> Report:
    """Return the report, if the actor may see it. Raises NotFound."""
    report = visible(session, actor, meeting)
    if report is None:
        raise Unknown()
    return report


def has_the_tools(actor: Actor, meeting: Meeting) -> bool:
    """Return whether the actor works with the chair's tools."""
    return rules.has_the_tools.against(actor, rules.At(meeting)) is None


def _select_visible_revisions(actor: Actor, meeting: Meeting, report: Report) -> Select[ReportRevision, str]:
    """Select the revisions that the actor may see, with the names of their authors."""
    statement = (
        select(ReportRevision, Person.name)
        .join(Person, Person.id == ReportRevision.made_by)
        .where(ReportRevision.report_id == report.id)
    )
    if not has_the_tools(actor, meeting):
        statement = statement.where(ReportRevision.number >= (report.circulated_as or report.revision))
    return statement


def revisions(
    session: ReadSession, actor: Actor, meeting: Meeting, report: Report
) -> Sequence[Row[ReportRevision, str]]:
    """List the revisions that the actor may see with the names of their authors, the latest first."""
    ordered = _select_visible_revisions(actor, meeting, report).order_by(ReportRevision.number.desc())
    return session.execute(ordered).all()


def one_revision(session: ReadSession, actor: Actor, meeting: Meeting, report: Report, number: int) -> ReportRevision:
    """Return a revision, if the actor may see it. Raises NotFound."""
    row = session.execute(
        _select_visible_revisions(actor, meeting, report).where(ReportRevision.number == number)
    ).one_or_none()
    if row is None:
        raise Unknown()
    return row[0]


def latest(session: ReadSession, report: Report) -> ReportRevision:
    """Return the latest revision."""
    return session.get_one(ReportRevision, (report.id, report.revision))


def _select_visible_corrections(actor: Actor, meeting: Meeting, report: Report) -> Select[ReportCorrection]:
    """Select all corrections with the chair's tools; otherwise those of the own State, and those accepted."""
    statement = select(ReportCorrection).where(ReportCorrection.report_id == report.id)
    if has_the_tools(actor, meeting):
        return statement
    return statement.where((ReportCorrection.entity == actor.entity) | (ReportCorrection.state == Answer.TAKEN))


def corrections(session: ReadSession, actor: Actor, meeting: Meeting, report: Report) -> Sequence[ReportCorrection]:
    """List the corrections that the actor may see, the earliest first."""
    ordered = _select_visible_corrections(actor, meeting, report).order_by(
        ReportCorrection.asked_at, ReportCorrection.id
    )
    return session.scalars(ordered).all()


def one_correction(session: ReadSession, report: Report, correction: UUID, *, lock: bool = False) -> ReportCorrection:
    """Return a correction of this report; locked with `lock`. Access is checked by the caller. Raises NotFound."""
    statement = select(ReportCorrection).where(
        ReportCorrection.id == correction, ReportCorrection.report_id == report.id
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(statement)
    if row is None:
        raise Unknown()
    return row


def waits(session: ReadSession, report: Report) -> bool:
    """Return whether a correction is not answered yet."""
    statement = select(ReportCorrection.id).where(
        ReportCorrection.report_id == report.id, ReportCorrection.state == Answer.ASKED
    )
    return session.scalar(statement.limit(1)) is not None


def templates(session: ReadSession, body: UUID) -> Sequence[Row[ReportTemplate, str]]:
    """List every template that the reports of a body had with the names of who put them, the latest first."""
    return session.execute(
        select(ReportTemplate, Person.name)
        .join(Person, Person.id == ReportTemplate.put_by)
        .where(ReportTemplate.body_id == body)
        .order_by(ReportTemplate.put_at.desc(), ReportTemplate.id)
    ).all()


def template_of(session: ReadSession, body: UUID) -> ReportTemplate | None:
    """Find the present template of the reports of a body; None for the built-in one."""
    statement = select(ReportTemplate).where(ReportTemplate.body_id == body)
    template = session.scalar(statement.order_by(ReportTemplate.put_at.desc(), ReportTemplate.id).limit(1))
    return template if template and template.sha256 else None


Acting = Row[ActionPoint, Decision, Meeting]


def _select_action_points() -> Select[ActionPoint, Decision, Meeting]:
    """Select action points with decision and meeting."""
    return (
        select(ActionPoint, Decision, Meeting)
        .join(Decision, Decision.id == ActionPoint.decision_id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .order_by(Meeting.opens_on, Meeting.number, Decision.number, ActionPoint.changed_at, ActionPoint.id)
    )


def actions_of(session: ReadSession, meeting: Meeting) -> Sequence[Acting]:
    """List the action points of the decisions of a meeting."""
    return session.execute(_select_action_points().where(Meeting.id == meeting.id)).all()


def open_before(session: ReadSession, meeting: Meeting) -> Sequence[Acting]:
    """List open action points of earlier meetings of the same body."""
    earlier = (Meeting.body_id == meeting.body_id) & (Meeting.opens_on < meeting.opens_on)
    return session.execute(_select_action_points().where(earlier, ActionPoint.progress == Progress.OPEN)).all()


def one_action(session: ReadSession, meeting: Meeting, action: UUID, *, lock: bool = False) -> ActionPoint:
    """Return an action point of a decision of this meeting; locked with `lock`. Raises NotFound."""
    statement = select(ActionPoint).join(Decision, Decision.id == ActionPoint.decision_id)
    statement = statement.where(ActionPoint.id == action, Decision.meeting_id == meeting.id)
    if lock:
        statement = statement.with_for_update(of=ActionPoint).execution_options(populate_existing=True)
    row = session.scalar(statement)
    if row is None:
        raise Unknown()
    return row
