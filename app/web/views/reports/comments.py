"""Comments on a report as its page shows them, next to the paragraph of each."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.decisions.models import ActionPointOwner
from app.domain.reports.models import Report, ReportComment, ReportStage
from app.http.authentication import EntityName

NOT_ANSWERED = ("warn", _("Not answered yet"))
ANSWERED = ("info", _("Answered"))
RESOLVED = ("good", _("Resolved"))
WITHDRAWN = ("", _("Withdrawn"))
CLOSED = ("", _("Closed when the report was adopted"))

OFFICE_LABELS = {ActionPointOwner.CHAIR: _("The chair"), ActionPointOwner.SECRETARIAT: _("The secretariat")}


@dataclass(frozen=True, slots=True)
class ReportCommentLine:
    """A comment next to its paragraph. `was` is the wording that its author read, if it is another one by now;
    `answered_by` and `resolved_by` are names of persons; `is_internal` whether delegations cannot see it."""

    comment: ReportComment
    author: LazyText
    was: str
    tag: tuple[str, LazyText]
    is_open: bool
    is_closed: bool
    is_internal: bool
    may_withdraw: bool
    answered_by: str | None
    resolved_by: str | None

    @property
    def id(self) -> UUID:
        """Return the key of the comment."""
        return self.comment.id


def name_report_comment_author(comment: ReportComment) -> LazyText:
    """Return the name of the State or office that wrote a comment."""
    office = next((each for each in ActionPointOwner if each == comment.author), None)
    return OFFICE_LABELS[office] if office else EntityName(comment.author)


def build_report_comment_line(
    row: Row[ReportComment, str | None, str | None], actor: Actor, report: Report, present: str | None
) -> ReportCommentLine:
    """Build the line of a comment; `present` is the current text of its paragraph, None if it was deleted."""
    comment, answered_by, resolved_by = row
    tag = _find_tag(comment, report)
    return ReportCommentLine(
        comment,
        name_report_comment_author(comment),
        "" if comment.was == present else comment.was,
        tag,
        tag is NOT_ANSWERED,
        tag not in (NOT_ANSWERED, ANSWERED),
        comment.stage == ReportStage.DRAFT,
        tag is NOT_ANSWERED and comment.written_by == actor.person,
        answered_by,
        resolved_by,
    )


def _find_tag(comment: ReportComment, report: Report) -> tuple[str, LazyText]:
    if comment.withdrawn_at:
        return WITHDRAWN
    if comment.resolved_at:
        return RESOLVED
    if report.stage not in (ReportStage.DRAFT, ReportStage.CIRCULATED):
        return CLOSED
    return ANSWERED if comment.answered_at else NOT_ANSWERED
