"""One change of an agenda's draft through the web: applied to the version that was seen, or rejected with both shown.

Nothing typed is lost: it comes back with the current draft, and can be submitted again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Response

from app.core.db import WriteSession
from app.core.errors import Conflict, NotFound, Stale, require_version
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain.agendas import queries
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.rules import agendas
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.page_context import WriteContext
from app.web.forms.actions import try_action

AgendaVersionField = Annotated[int, Form()]


@dataclass(frozen=True, slots=True)
class AttemptedChange:
    """A change that somebody attempted: its description, and the form that repeats it (path, fields, errors)."""

    words: LazyText
    action: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    item: UUID | None = None
    errors: Mapping[str, LazyText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeRejection:
    """Why a change was rejected: the draft changed since `version`, or the change is not possible at all (`version`
    None)."""

    words: LazyText
    version: int | None


RenderRejectedChange = Callable[[WriteContext, Meeting, AttemptedChange, ChangeRejection], Response]


def get_editor_http_status(attempt: AttemptedChange | None, rejection: ChangeRejection | None) -> int:
    """HTTP status of a page of the editor: 409 after a rejection, 400 with errors in an attempt, else 200."""
    return 409 if rejection else 400 if attempt else 200


@dataclass(frozen=True, slots=True)
class AgendaEdit:
    """One change of one agenda, made on the version that the actor saw."""

    context: WriteContext
    meeting: Meeting
    version: int

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
        return queries.find_draft_item_by_key(self.session, self.meeting, key)

    def get_item(self, key: str) -> AgendaItem:
        """Return the item of the draft whose identifier begins with these digits. Raises NotFound."""
        item = self.find_item(key)
        if item is None:
            raise NotFound()
        return item

    def apply_change(
        self,
        attempt: AttemptedChange,
        action: Callable[[], object],
        render: RenderRejectedChange,
        *,
        redirect_to: str = "edit",
        section: str = "agenda",
    ) -> Response:
        """Apply the action if the draft is still at the version that was seen; if it raises Conflict (Stale on
        another version), roll back and render both versions.

        Redirects to `to` under `room` ("agenda" or "plan") of the meeting.
        """

        def apply_to_seen_version() -> None:
            # First, since the item may be gone.
            require_version(self.meeting.agenda_version, self.version, agendas.AGENDA_CHANGED)
            action()

        if refusal := try_action(self.context, apply_to_seen_version, refusals=(Conflict,)):
            seen = self.version if isinstance(refusal, Stale) else None
            self.session.rollback()  # the action may have written before it raised
            self.session.refresh(self.meeting)
            return render(self.context, self.meeting, attempt, ChangeRejection(refusal.reason, seen))
        place = f"#item-{attempt.item}" if attempt.item else ""
        mark = "&" if "?" in redirect_to else "?"
        did = f"{mark}did={self.meeting.agenda_version}" if redirect_to.startswith("edit") else ""
        return self.context.redirect(f"/meetings/{self.meeting.id}/{section}/{redirect_to}{did}{place}")


def open_agenda_edit(context: WriteContext, meeting: UUID, version: AgendaVersionField) -> AgendaEdit:
    """Return the edit of a meeting's agenda. Raises NotFound, Forbidden."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return AgendaEdit(context, meeting_row, version)


CurrentAgendaEdit = Annotated[AgendaEdit, Depends(open_agenda_edit)]
