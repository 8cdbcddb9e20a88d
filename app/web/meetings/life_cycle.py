"""The moves of a meeting's life cycle: each has a page that says what will happen, and a form that makes the move."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.meetings import queries, rules
from app.domain.meetings.models import Meeting
from app.domain.silence.actions import draft_texts
from app.http.authentication import SignedInActor, SignedInFor
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
from app.web.forms.parsing import RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


def register_move_routes(name: str, move: rules.MeetingMove) -> None:
    """Register the page and the form of one move of `rules.MOVES`."""
    guard = [Depends(SignedInFor(move.permission))]

    @router.get(f"/meetings/{{meeting}}/{name}", dependencies=guard)
    def show_move_page(
        meeting: UUID, actor: SignedInActor, session: RequestReadSession, portal: Portal, request: Request
    ) -> Response:
        """Show what the move will do."""
        meeting_row = queries.get_visible_meeting(session, actor, meeting)
        move.permission.require(actor, meeting_row)
        return _render_page(session, actor, portal, request, meeting_row, name)

    @router.post(f"/meetings/{{meeting}}/{name}", dependencies=guard)
    def make_move(
        meeting: UUID,
        actor: SignedInActor,
        session: RequestWriteSession,
        portal: Portal,
        request: Request,
        version: VersionField = 0,
        reason: TextField = "",
    ) -> Response:
        """Make the move, with a reason where one is required."""
        meeting_row = queries.get_visible_meeting(session, actor, meeting)
        move.permission.require(actor, meeting_row)
        reason_entry = parse_form(ReasonInput, {"reason": reason})
        if move.wants_reason and reason_entry.value is None:
            return _render_page(
                session, actor, portal, request, meeting_row, name, reason, reason_entry.errors.get("reason")
            )
        draft_texts.move_meeting(session, actor, meeting_row, name, version=version, because=reason_entry.value)
        return RedirectResponse(f"/meetings/{meeting_row.id}?done=moved-on", 303)


for name, move in rules.MOVES.items():
    register_move_routes(name, move)


def _render_page(
    session: ReadSession,
    actor: Actor,
    portal: PortalState,
    request: Request,
    meeting: Meeting,
    name: str,
    reason: str = "",
    error: LazyText | None = None,
) -> Response:
    return portal.templates.render_response(
        request,
        "web/meetings/move.html",
        status=400 if error else 200,
        frame=build_meeting_frame(session, actor, meeting, "", portal.templates.negotiate_language(request)),
        name=name,
        move=rules.MOVES[name],
        reason=reason,
        error=error,
    )
