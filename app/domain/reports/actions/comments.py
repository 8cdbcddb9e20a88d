"""Comment on paragraphs of a report until it is adopted; answer, resolve and withdraw comments.

A comment stays with the key of its paragraph, and is never part of the text.
"""

from uuid import UUID

from sqlalchemy import select

from app.core import clock
from app.core.db import WriteSession
from app.core.errors import Conflict, NotFound, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.decisions.models import ActionPointOwner
from app.domain.meetings.models import Meeting
from app.domain.reports import events, queries
from app.domain.reports.actions.locked_report import LockedReport, lock_report
from app.domain.reports.inputs import NewReportComment, NewReportCommentAnswer
from app.domain.reports.models import ReportComment
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import find_paragraph, load_paragraphs

ANSWERED_ALREADY = _("This comment has already been answered, so it cannot be withdrawn.")
RESOLVED_ALREADY = _("This comment has already been resolved.")
WITHDRAWN_ALREADY = _("This comment has been withdrawn by its author.")
WRITTEN_ALREADY = _("This comment on the paragraph has already been written.")


def comment_on_report(
    session: WriteSession, actor: Actor, meeting: Meeting, key: str, content: NewReportComment, *, revision: int
) -> ReportComment:
    """Comment on the paragraph with this key, as it reads in `revision`: for the actor's State, or as chair or
    secretariat.

    Raises Forbidden; NotFound without that paragraph or revision; Conflict if the report is adopted or the actor cannot
    see it yet, or the same comment was written already.
    """
    locked = lock_report(session, actor, meeting, reports.COMMENT)
    report = locked.report
    seen = load_paragraphs(queries.get_report_revision(session, actor, meeting, report, revision).paragraphs)
    paragraph = find_paragraph(seen, key)
    if paragraph is None or find_paragraph(locked.load_paragraphs(), key) is None:
        raise NotFound()
    comment = ReportComment(
        report_id=report.id,
        paragraph=key,
        revision=revision,
        was=paragraph.text,
        stage=report.stage,
        author=_find_author(actor, meeting),
        text=content.comment,
        lang=content.lang,
        written_by=actor.person,
        written_at=clock.now(),
    )
    _require_new(session, comment)
    session.add(comment)
    session.flush()
    is_of_office = comment.author in tuple(ActionPointOwner)
    locked.record_event(events.ReportCommentWritten(meeting.id, comment.id, "" if is_of_office else comment.author))
    return comment


def answer_report_comment(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    comment_id: UUID,
    content: NewReportCommentAnswer,
    *,
    version: int,
) -> None:
    """Answer a comment, or replace its answer.

    Raises Forbidden, NotFound; Stale if it changed after `version`; Conflict if it was resolved or withdrawn, or the
    report is adopted.
    """
    locked = lock_report(session, actor, meeting, reports.ANSWER_COMMENT)
    comment = _lock_unresolved(locked, comment_id, version)
    comment.answer, comment.answer_lang = content.answer, content.lang
    comment.answered_by, comment.answered_at = actor.person, clock.now()
    locked.record_event(events.ReportCommentAnswered(meeting.id, comment.id))


def resolve_report_comment(
    session: WriteSession, actor: Actor, meeting: Meeting, comment_id: UUID, *, version: int
) -> None:
    """Mark a comment as resolved, answered or not. Raises as `answer_report_comment`."""
    locked = lock_report(session, actor, meeting, reports.ANSWER_COMMENT)
    comment = _lock_unresolved(locked, comment_id, version)
    comment.resolved_by, comment.resolved_at = actor.person, clock.now()
    locked.record_event(events.ReportCommentResolved(meeting.id, comment.id))


def withdraw_report_comment(
    session: WriteSession, actor: Actor, meeting: Meeting, comment_id: UUID, *, version: int
) -> None:
    """Withdraw a comment that the actor wrote. Raises Forbidden; NotFound for one of somebody else; Stale if it changed
    after `version`; Conflict if it was answered, resolved or withdrawn, or the report is adopted."""
    locked = lock_report(session, actor, meeting, reports.COMMENT)
    if queries.get_report_comment(session, locked.report, comment_id).written_by != actor.person:
        raise NotFound()
    comment = _lock_unresolved(locked, comment_id, version)
    if comment.answered_at is not None:
        raise Conflict(ANSWERED_ALREADY)
    comment.withdrawn_at = clock.now()
    locked.record_event(events.ReportCommentWithdrawn(meeting.id, comment.id))


def _find_author(actor: Actor, meeting: Meeting) -> str:
    """Return the State of a delegate, or the office of one who uses the chair's tools."""
    if not queries.has_chair_tools(actor, meeting):
        return actor.entity
    is_secretary = actor.has_role(meeting.body_id, Office.SECRETARY)
    return ActionPointOwner.SECRETARIAT if is_secretary else ActionPointOwner.CHAIR


def _require_new(session: WriteSession, comment: ReportComment) -> None:
    """Raise Conflict if its author wrote the same comment on the paragraph already: a form was sent twice."""
    same = select(ReportComment.id).where(
        ReportComment.report_id == comment.report_id,
        ReportComment.paragraph == comment.paragraph,
        ReportComment.author == comment.author,
        ReportComment.text == comment.text,
        ReportComment.withdrawn_at.is_(None),
    )
    if session.scalar(same.limit(1)) is not None:
        raise Conflict(WRITTEN_ALREADY)


def _lock_unresolved(locked: LockedReport, comment_id: UUID, version: int) -> ReportComment:
    """Return a comment that is changed, locked, with its next version. Raises NotFound; Conflict if it was resolved or
    withdrawn; Stale if it changed after `version`."""
    comment = queries.get_report_comment(locked.session, locked.report, comment_id, lock=True)
    if comment.withdrawn_at is not None:
        raise Conflict(WITHDRAWN_ALREADY)
    if comment.resolved_at is not None:
        raise Conflict(RESOLVED_ALREADY)
    require_version(comment.version, version)
    comment.version += 1
    return comment
