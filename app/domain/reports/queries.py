"""Read the report of a meeting, its revisions, corrections, comments and template, and the action points of a body.

Access to the meeting is checked by the caller.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.database.combined_lists import KeyParameter, list_of_thing, rows_of_thing
from app.core.db import ReadSession, add_row_lock
from app.core.errors import BadRequest, Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.queries.seats import list_actors, select_people_with_seats
from app.domain.decisions.models import ActionPoint, ActionPointProgress, Decision
from app.domain.identity.models.tables import Person
from app.domain.identity.queries import index_person_names
from app.domain.meetings.models import Meeting
from app.domain.reports.inputs import ActionPointFilter
from app.domain.reports.models import (
    CorrectionStatus,
    Report,
    ReportComment,
    ReportCorrection,
    ReportRevision,
    ReportStage,
    ReportTemplate,
)
from app.domain.reports.rules import reports


@list_of_thing
def list_reports(meeting_id: KeyParameter) -> Select[Report]:
    """List the report of a meeting, if there is one, without a check of access."""
    return select(Report).where(Report.meeting_id == meeting_id)


def find_report(session: ReadSession, meeting: Meeting, *, lock: bool = False) -> Report | None:
    """Find the report of a meeting, without a check of access. With `lock`, it is locked until the transaction ends."""
    if lock:
        return session.scalar(add_row_lock(select(Report).where(Report.meeting_id == meeting.id)))
    return next(iter(list_reports(session, meeting)), None)


def build_report_rule_subject(session: ReadSession, meeting: Meeting, entity: str = "") -> reports.ReportRuleSubject:
    """Build the subject of the rules for the meeting and its report."""
    return build_rule_subject_of_report(meeting, find_report(session, meeting), entity)


def build_rule_subject_of_report(
    meeting: Meeting, report: Report | None, entity: str = ""
) -> reports.ReportRuleSubject:
    """Build the subject of the rules for the meeting and this report, if there is one."""
    if report is None:
        return reports.ReportRuleSubject(meeting, entity=entity)
    return reports.ReportRuleSubject(meeting, report.stage, entity, corrections_due_at=report.corrections_due_at)


def find_visible_report(session: ReadSession, actor: Actor, meeting: Meeting) -> Report | None:
    """Find the report, if the actor may see it: a draft is visible only with the chair's tools."""
    report = find_report(session, meeting)
    if report is None or (report.stage == ReportStage.DRAFT and not has_chair_tools(actor, meeting)):
        return None
    return report


def get_visible_report(session: ReadSession, actor: Actor, meeting: Meeting) -> Report:
    """Return the report, if the actor may see it. Raises NotFound."""
    report = find_visible_report(session, actor, meeting)
    if report is None:
        raise NotFound()
    return report


def has_chair_tools(actor: Actor, meeting: Meeting) -> bool:
    """Return whether the actor works with the chair's tools."""
    return reports.has_chair_tools.objection_to(actor, reports.ReportRuleSubject(meeting)) is None


def _select_visible_revisions(actor: Actor, meeting: Meeting, report: Report) -> Select[ReportRevision, str]:
    """Select the revisions that the actor may see, with the names of their authors."""
    statement = (
        select(ReportRevision, Person.name)
        .join(Person, Person.id == ReportRevision.made_by)
        .where(ReportRevision.report_id == report.id)
    )
    if not has_chair_tools(actor, meeting):
        statement = statement.where(ReportRevision.number >= (report.circulated_as or report.revision))
    return statement


def list_report_revisions(
    session: ReadSession, actor: Actor, meeting: Meeting, report: Report
) -> Sequence[Row[ReportRevision, str]]:
    """List the revisions that the actor may see with the names of their authors, the latest first."""
    ordered = _select_visible_revisions(actor, meeting, report).order_by(ReportRevision.number.desc())
    return session.execute(ordered).all()


def get_report_revision(
    session: ReadSession, actor: Actor, meeting: Meeting, report: Report, number: int
) -> ReportRevision:
    """Return a revision, if the actor may see it. Raises NotFound."""
    return get_report_revision_with_author(session, actor, meeting, report, number)[0]


def get_report_revision_with_author(
    session: ReadSession, actor: Actor, meeting: Meeting, report: Report, number: int
) -> Row[ReportRevision, str]:
    """Return a revision with the name of its author, if the actor may see it. Raises NotFound."""
    row = session.execute(
        _select_visible_revisions(actor, meeting, report).where(ReportRevision.number == number)
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row


def get_latest_revision(session: ReadSession, report: Report) -> ReportRevision:
    """Return the latest revision."""
    return session.get_one(ReportRevision, (report.id, report.revision))


@dataclass(frozen=True, slots=True)
class ParagraphWording:
    """A wording of a paragraph: in which revision it came, who saved it and when; without a text, it was deleted."""

    number: int
    text: str | None
    author: str
    made_at: datetime


def list_paragraph_wordings(
    session: ReadSession, actor: Actor, meeting: Meeting, report: Report, key: str
) -> list[ParagraphWording]:
    """List the wordings that a paragraph had in the revisions that the actor may see, the latest first. A paragraph
    that is in none of them has none."""
    path = cast("$[*] ? (@.key == $key)", JSONPATH)
    found = func.jsonb_path_query_first(
        ReportRevision.paragraphs, path, func.jsonb_build_object("key", key), type_=JSONB
    )
    rows = session.execute(
        _select_visible_revisions(actor, meeting, report)
        .with_only_columns(ReportRevision.number, found["text"].astext, Person.name, ReportRevision.made_at)
        .order_by(ReportRevision.number)
    )
    wordings: list[ParagraphWording] = []
    for number, text, author, made_at in rows:
        if text != (wordings[-1].text if wordings else None):
            wordings.append(ParagraphWording(number, text, author, made_at))
    return wordings[::-1]


def require_different_text(session: ReadSession, report: Report, revision: ReportRevision) -> None:
    """Raise Conflict if the report has the text of this revision: there would be nothing to restore."""
    if revision.paragraphs == get_latest_revision(session, report).paragraphs:
        raise Conflict(_("The report already has the text of this revision. There is nothing to restore."))


def _select_visible_corrections(actor: Actor, meeting: Meeting, report: Report) -> Select[ReportCorrection]:
    """Select all corrections with the chair's tools; otherwise those of the own State, and those accepted."""
    statement = select(ReportCorrection).where(ReportCorrection.report_id == report.id)
    if has_chair_tools(actor, meeting):
        return statement
    return statement.where(
        (ReportCorrection.entity == actor.entity) | (ReportCorrection.state == CorrectionStatus.TAKEN)
    )


def list_report_corrections(
    session: ReadSession, actor: Actor, meeting: Meeting, report: Report
) -> Sequence[ReportCorrection]:
    """List the corrections that the actor may see, the earliest first."""
    ordered = _select_visible_corrections(actor, meeting, report).order_by(
        ReportCorrection.asked_at, ReportCorrection.id
    )
    return session.scalars(ordered).all()


def get_report_correction(
    session: ReadSession, report: Report, correction_id: UUID, *, lock: bool = False
) -> ReportCorrection:
    """Return a correction of this report; locked with `lock`. Access is checked by the caller. Raises NotFound."""
    statement = select(ReportCorrection).where(
        ReportCorrection.id == correction_id, ReportCorrection.report_id == report.id
    )
    if lock:
        statement = add_row_lock(statement)
    row = session.scalar(statement)
    if row is None:
        raise NotFound()
    return row


def list_corrections_accepted_after(session: ReadSession, report: Report, number: int) -> Sequence[ReportCorrection]:
    """List the accepted corrections that a revision does not contain, the earliest first.

    Accepting one saves a revision in the same transaction, shortly before the answer.
    """
    next_revision = (ReportRevision.report_id == report.id) & (ReportRevision.number == number + 1)
    statement = select(ReportCorrection).where(
        ReportCorrection.report_id == report.id,
        ReportCorrection.state == CorrectionStatus.TAKEN,
        ReportCorrection.answered_at >= select(ReportRevision.made_at).where(next_revision).scalar_subquery(),
    )
    return session.scalars(statement.order_by(ReportCorrection.answered_at, ReportCorrection.id)).all()


def has_unanswered_correction(session: ReadSession, report: Report) -> bool:
    """Return whether a correction is not answered yet."""
    statement = select(ReportCorrection.id).where(
        ReportCorrection.report_id == report.id, ReportCorrection.state == CorrectionStatus.ASKED
    )
    return session.scalar(statement.limit(1)) is not None


def require_answered_corrections(session: ReadSession, report: Report) -> None:
    """Raise Conflict while a correction waits for an answer: the report cannot be adopted before."""
    if has_unanswered_correction(session, report):
        raise Conflict(_("Some corrections have not been answered yet. Accept or reject each of them first."))


IS_UNANSWERED_COMMENT: ColumnElement[bool] = and_(
    ReportComment.answered_at.is_(None), ReportComment.resolved_at.is_(None), ReportComment.withdrawn_at.is_(None)
)


def list_report_comments(
    session: ReadSession, actor: Actor, meeting: Meeting, report: Report
) -> Sequence[Row[ReportComment, str | None, str | None]]:
    """List the comments that the actor may see, the earliest first, each with the names of the persons who answered and
    who resolved it.

    With the chair's tools, all; otherwise those that were written after the circulation. Those that were withdrawn are
    listed with the chair's tools, and for their author's delegation.
    """
    answering = aliased(Person)
    statement = (
        select(ReportComment, answering.name, Person.name)
        .outerjoin(answering, answering.id == ReportComment.answered_by)
        .outerjoin(Person, Person.id == ReportComment.resolved_by)
        .where(ReportComment.report_id == report.id)
        .order_by(ReportComment.written_at, ReportComment.id)
    )
    if not has_chair_tools(actor, meeting):
        statement = statement.where(
            ReportComment.stage == ReportStage.CIRCULATED,
            ReportComment.withdrawn_at.is_(None) | (ReportComment.author == actor.entity),
        )
    return session.execute(statement).all()


def get_report_comment(session: ReadSession, report: Report, comment_id: UUID, *, lock: bool = False) -> ReportComment:
    """Return a comment on this report; locked with `lock`. Access is checked by the caller. Raises NotFound."""
    statement = select(ReportComment).where(ReportComment.id == comment_id, ReportComment.report_id == report.id)
    row = session.scalar(add_row_lock(statement) if lock else statement)
    if row is None:
        raise NotFound()
    return row


def list_report_templates(session: ReadSession, body_id: UUID) -> Sequence[Row[ReportTemplate, str]]:
    """List every template that the reports of a body had with the names of who put them, the latest first."""
    return session.execute(
        select(ReportTemplate, Person.name)
        .join(Person, Person.id == ReportTemplate.put_by)
        .where(ReportTemplate.body_id == body_id)
        .order_by(ReportTemplate.put_at.desc(), ReportTemplate.id)
    ).all()


def find_report_template(session: ReadSession, body_id: UUID) -> ReportTemplate | None:
    """Find the present template of the reports of a body; None for the built-in one."""
    statement = select(ReportTemplate).where(ReportTemplate.body_id == body_id)
    template = session.scalar(statement.order_by(ReportTemplate.put_at.desc(), ReportTemplate.id).limit(1))
    return template if template and template.sha256 else None


def list_members_of_body(session: ReadSession, body_id: UUID) -> list[Actor]:
    """List the people who have a seat in the body now, by name."""
    found = list_actors(session, Person.id.in_(select_people_with_seats(body_id)))
    return sorted((each for each in found if body_id in each.bodies_with_role()), key=lambda each: each.name)


def get_member_of_body(session: ReadSession, body_id: UUID, person_id: UUID) -> Actor:
    """Return a person who has a seat in the body now. Raises BadRequest for anybody else."""
    member = next(iter(list_actors(session, Person.id == person_id)), None)
    if member is None or body_id not in member.bodies_with_role():
        raise BadRequest(_("This person has no role in the group any more. Select another one."))
    return member


def index_owner_names(session: ReadSession, points: Iterable[ActionPoint]) -> Mapping[UUID, str]:
    """Return the names of the people who are responsible for these action points, by id."""
    return index_person_names(session, (each.owner_person for each in points))


ActionPointRow = Row[ActionPoint, Decision, Meeting]


def _select_action_points(*order: SQLColumnExpression[Any]) -> Select[ActionPoint, Decision, Meeting]:
    """Select action points with decision and meeting, in this order, then in that of the decisions."""
    return (
        select(ActionPoint, Decision, Meeting)
        .join(Decision, Decision.id == ActionPoint.decision_id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .order_by(*order, Meeting.opens_on, Meeting.number, Decision.number, ActionPoint.changed_at, ActionPoint.id)
    )


def list_action_points(
    session: ReadSession, meeting: Meeting, filters: ActionPointFilter | None = None
) -> Sequence[ActionPointRow]:
    """List the action points of the decisions of a meeting that fit every filter."""
    return session.execute(_narrow_action_points(filters).where(Meeting.id == meeting.id)).all()


@rows_of_thing
def list_all_action_points(meeting_id: KeyParameter) -> Select[ActionPoint, Decision, Meeting]:
    """List all action points of the decisions of a meeting."""
    return _narrow_action_points(None).where(Meeting.id == meeting_id)


def list_open_earlier_action_points(
    session: ReadSession, meeting: Meeting, filters: ActionPointFilter | None = None
) -> Sequence[ActionPointRow]:
    """List open action points of earlier meetings of the same body that fit every filter."""
    return session.execute(_narrow_action_points(filters).where(_build_open_earlier_condition(meeting))).all()


def list_action_point_owners(session: ReadSession, meeting: Meeting) -> Sequence[str]:
    """List the owners of the action points of a meeting, and of open ones of earlier meetings; those that differ in
    case alone once."""
    owners = select(ActionPoint.owner).join(Decision).join(Meeting, Meeting.id == Decision.meeting_id)
    shown = or_(Meeting.id == meeting.id, _build_open_earlier_condition(meeting))
    found = session.scalars(owners.where(shown).distinct().order_by(ActionPoint.owner))
    return list({owner.lower(): owner for owner in found}.values())


def _build_open_earlier_condition(meeting: Meeting) -> ColumnElement[bool]:
    """SQL condition: the action point is open, of an earlier meeting of the same body."""
    is_earlier = and_(Meeting.body_id == meeting.body_id, Meeting.opens_on < meeting.opens_on)
    return and_(is_earlier, ActionPoint.progress == ActionPointProgress.OPEN)


def _narrow_action_points(filters: ActionPointFilter | None) -> Select[ActionPoint, Decision, Meeting]:
    """Select the action points that fit every filter, in the order that was asked for."""
    if filters is None:
        return _select_action_points()
    keys: dict[str | None, SQLColumnExpression[Any]] = {
        "due": ActionPoint.due_on.asc().nulls_last(),
        "owner": ActionPoint.owner,
    }
    statement = _select_action_points(*([keys[filters.sort]] if filters.sort else []))
    if filters.words:
        statement = statement.where(ActionPoint.text.icontains(filters.words, autoescape=True))
    if filters.owner:
        statement = statement.where(func.lower(ActionPoint.owner) == filters.owner.lower())
    if filters.progress == "overdue":
        is_past = ActionPoint.due_on < clock.now().date()
        return statement.where(ActionPoint.progress == ActionPointProgress.OPEN, is_past)
    return statement.where(ActionPoint.progress == filters.progress) if filters.progress else statement


def get_action_point(session: ReadSession, meeting: Meeting, action_id: UUID, *, lock: bool = False) -> ActionPoint:
    """Return an action point of a decision of this meeting; locked with `lock`. Raises NotFound."""
    statement = select(ActionPoint).join(Decision, Decision.id == ActionPoint.decision_id)
    statement = statement.where(ActionPoint.id == action_id, Decision.meeting_id == meeting.id)
    if lock:
        statement = add_row_lock(statement, only=ActionPoint)
    row = session.scalar(statement)
    if row is None:
        raise NotFound()
    return row
