"""The chair's tools on the floor of a meeting: an act on the version that was seen, or why it was not done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Response

from app.core.errors import Conflict
from app.domain.floor import queries, rules
from app.domain.floor.models import ListReason
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.floor.pages import render_floor_form_error, render_floor_page
from app.web.forms.actions import try_action
from app.web.forms.parsing import ParsedForm, VersionField

NOTHING_TYPED: Mapping[str, object] = MappingProxyType({})
RUN_FLOOR_GUARDS = [Depends(SignedInGuard(rules.RUN))]


@dataclass(frozen=True, slots=True)
class ChairTools:
    """The floor of a meeting in the hands of who runs it, with the version on which they decided."""

    context: WriteContext
    meeting: Meeting
    version: int

    def apply_action(self, action: Callable[..., object], *args: object) -> Response:
        """Run the action on the version that the person saw, and show the floor."""
        return self._apply(action, args, {})

    def apply_form(self, entry: ParsedForm[Any], action: Callable[..., object], *args: object) -> Response:
        """Run the action with the input of a form as its last argument; or show the floor with what was typed, and what
        is wrong in it or why it was not done."""
        if entry.value is None:
            return render_floor_form_error(self.context, self.meeting, entry)
        return self._apply(action, (*args, entry.value), entry.typed)

    def _apply(self, action: Callable[..., object], args: Sequence[object], typed: Mapping[str, object]) -> Response:
        context = self.context
        return leave_or_explain(
            context,
            self.meeting,
            lambda: action(context.session, context.actor, self.meeting, *args, version=self.version),
            typed,
        )


def leave_or_explain(
    context: WriteContext, meeting: Meeting, action: Callable[[], object], typed: Mapping[str, object] = NOTHING_TYPED
) -> Response:
    """Run the action and redirect to the floor; or render the current floor with the reason why it was not done, and
    with what was typed."""
    refusal = try_action(context, action, refusals=(Conflict,))
    if refusal:
        return render_floor_page(context, meeting, refusal, typed=typed)
    return context.redirect(f"/meetings/{meeting.id}/floor")


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


def build_reason_fields(reason: str, other_reason: str) -> Mapping[str, str]:
    """Build the fields of a reason; none was chosen if the form came without one."""
    return {"reason": reason or ListReason.NOT_GIVEN, "other_reason": other_reason}
