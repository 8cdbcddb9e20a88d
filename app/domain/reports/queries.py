"""The report of a meeting that was found for the actor, its revisions and corrections; and action points of a body."""

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
    """The report of a meeting, whoever may see it. With `lock`, nobody else changes it until the transaction ends."""
    wanted = select(Report).where(Report.meeting_id == meeting.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalar(wanted)


def at(session: ReadSession, meeting: Meeting, entity: str = "") -> rules.At:
    """The meeting with its report as the rules look at it."""
    found = of(session, meeting)
    return rules.At(meeting, found.stage if found else Stage.NONE, entity)


def visible(session: ReadSession, actor: Actor, meeting: Meeting) -> Report | None:
    """The report if the actor may see it: a draft is for whoever works with the chair's tools."""
    found = of(session, meeting)
    if found is None or (found.stage == Stage.DRAFT and not has_the_tools(actor, meeting)):
        return None
    return found


def one_visible(session: ReadSession, actor: Actor, meeting: Meeting) -> Report:
    """The report if the actor may see it, or Unknown."""
    found = visible(session, actor, meeting)
    if found is None:
        raise Unknown()
    return found


def has_the_tools(actor: Actor, meeting: Meeting) -> bool:
    """Whether somebody works with the chair's tools."""
    return rules.has_the_tools.against(actor, rules.At(meeting)) is None


def _revisions(actor: Actor, meeting: Meeting, report: Report) -> Select[ReportRevision, str]:
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
    """The revisions that the actor may see, the latest first, and who made each."""
    ordered = _revisions(actor, meeting, report).order_by(ReportRevision.number.desc())
    return session.execute(ordered).all()


def one_revision(session: ReadSession, actor: Actor, meeting: Meeting, report: Report, number: int) -> ReportRevision:
    """That revision if the actor may see it, or Unknown."""
    found = session.execute(_revisions(actor, meeting, report).where(ReportRevision.number == number)).one_or_none()
    if found is None:
        raise Unknown()
    return found[0]


def latest(session: ReadSession, report: Report) -> ReportRevision:
    """The revision that holds now."""
    return session.get_one(ReportRevision, (report.id, report.revision))


def _corrections(actor: Actor, meeting: Meeting, report: Report) -> Select[ReportCorrection]:
    """Everything for whoever has the chair's tools; for others those of their own State, and what was taken."""
    statement = select(ReportCorrection).where(ReportCorrection.report_id == report.id)
    if has_the_tools(actor, meeting):
        return statement
    return statement.where((ReportCorrection.entity == actor.entity) | (ReportCorrection.state == Answer.TAKEN))


def corrections(session: ReadSession, actor: Actor, meeting: Meeting, report: Report) -> Sequence[ReportCorrection]:
    """The corrections that the actor may see, the first asked first."""
    ordered = _corrections(actor, meeting, report).order_by(ReportCorrection.asked_at, ReportCorrection.id)
    return session.scalars(ordered).all()


def one_correction(session: ReadSession, report: Report, correction: UUID, *, lock: bool = False) -> ReportCorrection:
    """That correction of this report, for whoever answers it; or Unknown."""
    wanted = select(ReportCorrection).where(ReportCorrection.id == correction, ReportCorrection.report_id == report.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(wanted)
    if found is None:
        raise Unknown()
    return found


def waits(session: ReadSession, report: Report) -> bool:
    """Whether a correction is not answered yet."""
    asked = select(ReportCorrection.id).where(
        ReportCorrection.report_id == report.id, ReportCorrection.state == Answer.ASKED
    )
    return session.scalar(asked.limit(1)) is not None


def templates(session: ReadSession, body: UUID) -> Sequence[Row[ReportTemplate, str]]:
    """Every template that the reports of a body ever had, the latest first, and who put each."""
    return session.execute(
        select(ReportTemplate, Person.name)
        .join(Person, Person.id == ReportTemplate.put_by)
        .where(ReportTemplate.body_id == body)
        .order_by(ReportTemplate.put_at.desc(), ReportTemplate.id)
    ).all()


def template_of(session: ReadSession, body: UUID) -> ReportTemplate | None:
    """The template that the reports of a body have now; None where it is the house's own."""
    wanted = select(ReportTemplate).where(ReportTemplate.body_id == body)
    found = session.scalar(wanted.order_by(ReportTemplate.put_at.desc(), ReportTemplate.id).limit(1))
    return found if found and found.sha256 else None


Acting = Row[ActionPoint, Decision, Meeting]


def _actions() -> Select[ActionPoint, Decision, Meeting]:
    return (
        select(ActionPoint, Decision, Meeting)
        .join(Decision, Decision.id == ActionPoint.decision_id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .order_by(Meeting.opens_on, Meeting.number, Decision.number, ActionPoint.changed_at, ActionPoint.id)
    )


def actions_of(session: ReadSession, meeting: Meeting) -> Sequence[Acting]:
    """The action points of the decisions of a meeting."""
    return session.execute(_actions().where(Meeting.id == meeting.id)).all()


def open_before(session: ReadSession, meeting: Meeting) -> Sequence[Acting]:
    """Action points that are still open, of earlier meetings of the same body."""
    earlier = (Meeting.body_id == meeting.body_id) & (Meeting.opens_on < meeting.opens_on)
    return session.execute(_actions().where(earlier, ActionPoint.progress == Progress.OPEN)).all()


def one_action(session: ReadSession, meeting: Meeting, action: UUID, *, lock: bool = False) -> ActionPoint:
    """That action point of a decision of this meeting, or Unknown."""
    wanted = select(ActionPoint).join(Decision, Decision.id == ActionPoint.decision_id)
    wanted = wanted.where(ActionPoint.id == action, Decision.meeting_id == meeting.id)
    if lock:
        wanted = wanted.with_for_update(of=ActionPoint).execution_options(populate_existing=True)
    found = session.scalar(wanted)
    if found is None:
        raise Unknown()
    return found
