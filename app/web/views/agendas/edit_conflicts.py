"""One change of an agenda's draft through the web: applied to the version that was seen, or rejected with both shown.

Nothing typed is lost: it comes back with the current draft, and can be submitted again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import WriteSession
from app.core.errors import Conflict, Stale, require_version
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.agendas import queries
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.rules import agendas
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInActor
from app.http.portal_state import Portal, PortalState, RequestWriteSession

AgendaVersionField = Annotated[int, Form()]


@dataclass(frozen=True, slots=True)
class AttemptedChange:
    """A change that somebody attempted: its description, and the form that repeats it (path, fields, errors)."""

    words: LazyText
    action: str = ""
    fields: Mapping[str, str | list[str]] = field(default_factory=dict)
    item: UUID | None = None
    errors: Mapping[str, LazyText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeRejection:
    """Why a change was rejected: the draft changed since `version`, or the change is not possible at all (`version`
    None)."""

    words: LazyText
    version: int | None


RenderRejectedChange = Callable[["AgendaEdit", AttemptedChange, ChangeRejection | None, int], Response]


@dataclass(frozen=True, slots=True)
class AgendaEdit:
    """One change of one agenda, made on the version that the actor saw."""

    actor: Actor
    session: WriteSession
    portal: PortalState
    request: Request
    meeting: Meeting
    version: int

    @property
    def language(self) -> str:
        """Return the language of the reader."""
        return self.portal.templates.negotiate_language(self.request)

    def get_item(self, item: UUID) -> AgendaItem:
        """Return an item of the draft. Raises NotFound."""
        return queries.get_draft_item(self.session, self.meeting, item)

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
        try:
            with savepoint(self.session):
                # First, since the item may be gone.
                require_version(self.meeting.agenda_version, self.version, agendas.AGENDA_CHANGED)
                action()
        except Conflict as error:
            seen = self.version if isinstance(error, Stale) else None
            self.session.rollback()  # the action may have written before it raised
            self.session.refresh(self.meeting)
            return render(self, attempt, ChangeRejection(error.reason, seen), 409)
        place = f"#item-{attempt.item}" if attempt.item else ""
        mark = "&" if "?" in redirect_to else "?"
        did = f"{mark}did={self.meeting.agenda_version}" if redirect_to.startswith("edit") else ""
        return RedirectResponse(f"/meetings/{self.meeting.id}/{section}/{redirect_to}{did}{place}", 303)


def open_agenda_edit(
    meeting: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    portal: Portal,
    request: Request,
    version: AgendaVersionField,
) -> AgendaEdit:
    """Return the edit of a meeting's agenda. Raises NotFound, Forbidden."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    agendas.EDIT.require(actor, meeting_row)
    return AgendaEdit(actor, session, portal, request, meeting_row, version)


CurrentAgendaEdit = Annotated[AgendaEdit, Depends(open_agenda_edit)]
