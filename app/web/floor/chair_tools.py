"""The chair's tools on the floor of a meeting: an act on the version that was seen, or why it was not done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Form, Response

from app.core.errors import BadRequest, Conflict
from app.core.validation import InputModel
from app.domain.floor import queries, rules
from app.domain.floor.models import ListReason
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.floor.pages import render_floor_page
from app.web.forms.actions import try_action
from app.web.forms.parsing import ParsedForm, VersionField

RUN_FLOOR_GUARDS = [Depends(SignedInGuard(rules.RUN))]


@dataclass(frozen=True, slots=True)
class ChairTools:
    """The floor of a meeting in the hands of who runs it, with the version on which they decided."""

    context: WriteContext
    meeting: Meeting
    version: int

    def apply_action(self, action: Callable[..., object], *args: object) -> Response:
        """Run the action on the version that the person saw, and show the floor."""
        context = self.context
        return leave_or_explain(
            context,
            self.meeting,
            lambda: action(context.session, context.actor, self.meeting, *args, version=self.version),
        )


def leave_or_explain(context: WriteContext, meeting: Meeting, action: Callable[[], object]) -> Response:
    """Run the action and redirect to the floor; or render the current floor with the reason why it was not done."""
    refusal = try_action(context, action, refusals=(Conflict,))
    return (
        render_floor_page(context, meeting, refusal) if refusal else context.redirect(f"/meetings/{meeting.id}/floor")
    )


def get_chair_action_runner(context: WriteContext, meeting: UUID, version: VersionField = 0) -> ChairTools:
    """Return the chair's tools for a meeting. Raises NotFound, Forbidden, Conflict."""
    return ChairTools(context, get_run_meeting(context, meeting), version)


def get_run_meeting(context: ReadContext, meeting: UUID) -> Meeting:
    """Return a meeting whose floor the actor may run. Raises NotFound, Forbidden, Conflict."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.RUN.require(context.actor, queries.build_floor_rule_subject(context.session, meeting_row))
    return meeting_row


CurrentChairTools = Annotated[ChairTools, Depends(get_chair_action_runner)]
IdField = Annotated[UUID, Form()]

InputT = TypeVar("InputT", bound=InputModel)


def require_valid(entry: ParsedForm[InputT]) -> InputT:
    """Return what was chosen. Raises BadRequest otherwise: every field is a choice, so only a forged form fails."""
    if entry.value is None:
        raise BadRequest(next(iter(entry.errors.values())))
    return entry.value


def build_reason_fields(reason: str, other_reason: str) -> Mapping[str, str]:
    """Build the fields of a reason; none was chosen if the form came without one."""
    return {"reason": reason or ListReason.NOT_GIVEN, "other_reason": other_reason}
