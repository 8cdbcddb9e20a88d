"""The page that a delegate gets instead of a form, where only the head of delegation of their State may send it."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import Response

from app.core.i18n import LazyText
from app.domain.bodies.models import Body, StateAct
from app.domain.bodies.queries.state_decisions import find_reason_to_ask_head
from app.http.page_context import ReadContext


def render_page_to_ask_head(
    context: ReadContext,
    body_id: UUID,
    act: StateAct,
    heading: LazyText,
    crumbs: Sequence[tuple[str, object]],
) -> Response | None:
    """Render the page that says whom to ask for an act, with its way back as the last of `crumbs`; None if the actor
    may do it for their State."""
    reason = find_reason_to_ask_head(context.session, context.actor, body_id, act)
    if reason is None:
        return None
    body = context.session.get_one(Body, body_id)
    return context.render("web/people/ask_head.html", heading=heading, trail=crumbs, reason=reason, body=body)
