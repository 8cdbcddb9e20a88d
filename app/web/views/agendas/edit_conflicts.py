"""One change of an agenda's draft through the web: merged with what others changed, or rejected with both shown.

Nothing typed is lost: it comes back with the current draft, and can be submitted again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Response

from app.core.db import WriteSession
from app.core.errors import Conflict, NotFound, Stale
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain.agendas.actions import editing
from app.domain.agendas.inputs import ItemSchedule
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules import agendas
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.page_context import WriteContext
from app.web.forms.actions import try_action

MIN_KEY_LENGTH = 6
"""Digits of the shortest key of an item in the forms of the editor."""

AgendaVersionField = Annotated[int, Form()]


@dataclass(frozen=True, slots=True)
class AttemptedChange:
    """A change that somebody attempted: its description, and the form that repeats it (path, fields, errors)."""

    words: LazyText
    action: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    item: UUID | None = None
    errors: Mapping[str, LazyText] = field(default_factory=dict)

    @property
    def is_of_rows(self) -> bool:
        """Whether something was changed in the rows of the editor."""
        return any(name.startswith(("m-", "s-")) for name in self.fields)


@dataclass(frozen=True, slots=True)
class ChangeRejection:
    """Why a change was rejected: the draft changed since `version`, or the change is not possible at all (`version`
    None)."""

    words: LazyText
    version: int | None


RenderRejectedChange = Callable[[WriteContext, Meeting, AttemptedChange, ChangeRejection], Response]


@dataclass(frozen=True, slots=True)
class PlanChanges:
    """What was changed in the rows of the editor: schedules by item, the fields that repeat them, and what is wrong in
    these. The base is unknown if the page is too old to say what was changed."""

    schedules: Mapping[UUID, ItemSchedule] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, LazyText] = field(default_factory=dict)
    is_base_unknown: bool = False


def name_row(item: UUID) -> str:
    """Return the name of the row of an item in the page of the editor, unless two items begin with the same digits."""
    return f"item-{item.hex[:MIN_KEY_LENGTH]}"


def get_editor_http_status(attempt: AttemptedChange | None, rejection: ChangeRejection | None) -> int:
    """HTTP status of a page of the editor: 409 after a rejection, 400 with errors in an attempt, else 200."""
    return 409 if rejection else 400 if attempt else 200


@dataclass(frozen=True, slots=True)
class AgendaEdit:
    """One change of one agenda, made on the version that the actor saw, with what was changed in the rows besides."""

    context: WriteContext
    meeting: Meeting
    version: int
    plan: PlanChanges = field(default_factory=PlanChanges)

    @property
    def is_current(self) -> bool:
        """Whether the draft is still at the version that the actor saw."""
        return self.version == self.meeting.agenda_version

    @property
    def session(self) -> WriteSession:
        """The database session of the request."""
        return self.context.session

    @property
    def actor(self) -> Actor:
        """The person who makes the change."""
        return self.context.actor

    def find_item(self, key: str) -> AgendaItem | None:
        """Find the item of the draft whose identifier begins with these digits; None without, or if several do."""
        return agenda_drafts.find_draft_item_by_key(self.session, self.meeting, key)

    def get_item(self, key: str) -> AgendaItem:
        """Return the item of the draft whose identifier begins with these digits.

        Raises NotFound; Stale if the draft changed since the actor saw it: the item may have been removed.
        """
        item = self.find_item(key)
        if item is None:
            raise NotFound() if self.is_current else Stale(agendas.AGENDA_CHANGED)
        return item

    def apply_change(
        self,
        attempt: AttemptedChange,
        action: Callable[[], object],
        render: RenderRejectedChange,
        *,
        redirect_to: str = "edit",
    ) -> Response:
        """Apply the changes of the rows and the action; if one of them raises Conflict (Stale if it cannot be merged),
        roll back and render both versions. Redirects to `redirect_to` under the agenda of the meeting."""
        before = self.meeting.agenda_version

        def apply_all() -> None:
            self._apply_plan()
            action()

        if refusal := try_action(self.context, apply_all, refusals=(Conflict,)):
            seen = self.version if isinstance(refusal, Stale) else None
            self.session.rollback()  # the action may have written before it raised
            self.session.refresh(self.meeting)
            return render(self.context, self.meeting, attempt, ChangeRejection(refusal.reason, seen))
        place = f"#{name_row(attempt.item)}" if attempt.item else ""
        mark = "&" if "?" in redirect_to else "?"
        is_shown = redirect_to.startswith("edit") and self.meeting.agenda_version > before
        did = f"{mark}did={self.meeting.agenda_version}" if is_shown else ""
        return self.context.redirect(f"/meetings/{self.meeting.id}/agenda/{redirect_to}{did}{place}")

    def _apply_plan(self) -> None:
        """Save what was changed in the rows. Raises Stale if that cannot be known."""
        if self.plan.is_base_unknown:
            raise Stale(agendas.AGENDA_CHANGED)
        if self.plan.schedules:
            editing.schedule_agenda_items(
                self.session, self.actor, self.meeting, self.plan.schedules, version=self.version
            )


def open_agenda_edit(context: WriteContext, meeting: UUID, version: AgendaVersionField) -> AgendaEdit:
    """Return the edit of a meeting's agenda. Raises NotFound, Forbidden."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return AgendaEdit(context, meeting_row, version)


CurrentAgendaEdit = Annotated[AgendaEdit, Depends(open_agenda_edit)]
