"""What is pending for circulated drafts: comments of States, and answers to them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select

from app.core.database.clock_parameters import build_moment_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.pending import CHAIR_AND_SECRETARIAT, DELEGATION
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.circulations import events, queries, rules
from app.domain.meetings.inputs import end_of_day
from app.domain.outputs.models import Output, OutputStatus

TWO_WEEKS = timedelta(days=14)

COMMENT = PendingActionKind(
    name="version:comment",
    heading=_("A draft has been circulated to the delegations: version %(number)s"),
    words=_("Read the draft, and comment if your delegation wishes."),
    button=_("Read the text"),
    waits_for=DELEGATION,
    settled_by=(rules.ADD_COMMENT,),
    statuses=(OutputStatus.DRAFT,),
    begun_by=(events.VersionCirculated.name,),
)
ANSWER = PendingActionKind(
    name="comment:answer",
    heading=_("Comments from States awaiting an answer: %(count)s"),
    words=_("For each comment, say whether it is accepted, accepted in part or not accepted, and why."),
    button=_p("button", "Answer"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.ANSWER_COMMENT,),
    statuses=(OutputStatus.DRAFT,),
    begun_by=(events.CommentPut.name,),
    hides=("output:adopt",),
)


def select_versions_of_two_weeks(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select circulated drafts on which the actor's State has not commented. Comments are accepted after their day
    too."""
    return queries.select_drafts_to_comment_on(actor, build_moment_parameter(-TWO_WEEKS))


def build_version_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[queries.CirculatedDraftRow]
) -> Iterator[PendingAction]:
    """Yield circulated drafts on which the actor's State has not commented."""
    for version, meeting, _languages in rows:
        yield PendingAction(
            kind=COMMENT,
            subject=version.output_id,
            path=f"/outputs/{version.output_id}/versions/{version.number}",
            title=version.titles,
            original=version.original,
            due_at=end_of_day(version.comments_by, meeting.zone) if version.comments_by else None,
            zone=meeting.zone,
            since=version.circulated_at,
            values={"number": version.number},
        )


def build_comment_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[Output, int]]
) -> Iterator[PendingAction]:
    """Yield drafts with comments without an answer, for the chair and the secretariat."""
    for output, count in rows:
        yield PendingAction(
            kind=ANSWER,
            subject=output.id,
            path=f"/outputs/{output.id}/comments",
            title=output.titles,
            original=output.original,
            values={"count": count},
            count=count,
        )


SOURCES = (
    PendingActionSource((COMMENT,), DELEGATES, select_versions_of_two_weeks, build_version_actions),
    PendingActionSource(
        (ANSWER,), (*CHAIRS, Office.SECRETARY), queries.select_drafts_with_open_comments, build_comment_actions
    ),
)
