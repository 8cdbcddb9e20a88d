"""Decisions on a contribution that need a reason (return, accept late, hold, decline what was submitted in the name of
a State), and taking up one that was held."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest
from app.core.i18n import LANGUAGES
from app.core.permissions import Permission
from app.core.validation import FALLBACK_MESSAGE, ReasonInput
from app.domain.bodies.queries.seats import is_represented
from app.domain.contributions.actions import confirmations, late_submissions, registration
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.confirmations import is_awaiting_state, is_confirmed_by_answer
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules.return_reasons import RETURN_REASONS
from app.domain.meetings import queries as meetings
from app.http.authentication import EntityName, SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.contributions import status
from app.web.views.contributions.contribution_page import build_contribution_view
from app.web.views.documents.titles import get_original_language_if_foreign

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TAKE_UP_GUARD = [Depends(SignedInGuard(rules.TAKE_UP))]


@dataclass(frozen=True, slots=True)
class ReasonedDecision:
    """A decision that needs a reason: its permission, the domain action, and the path to redirect to."""

    permission: Permission[Contribution]
    action: Callable[..., None]
    redirect_to: str


REASONED_DECISIONS = {
    "return": ReasonedDecision(rules.RETURN, registration.return_contribution, "/contributions?done=returned"),
    "accept-late": ReasonedDecision(
        rules.ACCEPT_LATE, late_submissions.accept_late_contribution, "/contributions/{}?done=accepted"
    ),
    "decline-confirmation": ReasonedDecision(
        rules.DECLINE_CONFIRMATION, confirmations.decline_to_confirm, "/?done=not-confirmed"
    ),
    "hold": ReasonedDecision(rules.HOLD, late_submissions.hold_late_contribution, "/contributions/{}?done=held"),
}


def add_decision_routes(name: str, decision: ReasonedDecision) -> None:
    """Add two routes for a decision: the page that asks for the reason, and the form that decides."""
    path, guard = f"/contributions/{{contribution}}/{name}", [Depends(SignedInGuard(decision.permission))]

    @router.get(path, dependencies=guard)
    def show_reason_form(context: ReadContext, contribution: UUID) -> Response:
        """Show the page that asks for the reason."""
        contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
        decision.permission.require(context.actor, contribution_row)
        return _render_reason_form(context, contribution_row, name)

    @router.post(path, dependencies=guard)
    def decide(
        context: WriteContext,
        contribution: UUID,
        version: VersionField = 0,
        reason: TextField = "",
        because: TextField = "",
        reason_language: TextField = "",
    ) -> Response:
        """Take the decision; or show the form again with what is wrong with the reason, or with the usual reason that
        was selected (`because`) after what was typed."""
        contribution_row = contributions.get_visible_contribution(
            context.session, context.actor, contribution, lock=True
        )
        decision.permission.require(context.actor, contribution_row)
        if because and name == "return":
            typed = add_usual_reason(reason, because, reason_language or contribution_row.original)
            return _render_reason_form(context, contribution_row, name, typed=typed, reason_language=reason_language)
        entry = parse_form(ReasonInput, {"reason": reason})
        if entry.value is None:
            return _render_reason_form(context, contribution_row, name, entry, reason_language=reason_language)
        decision.action(context.session, context.actor, contribution_row, entry.value, version=version)
        waits = name == "accept-late" and is_awaiting_state(context.session, contribution_row)
        return context.redirect(decision.redirect_to.format(contribution_row.id) + ("-waits" if waits else ""))


for _name, _decision in REASONED_DECISIONS.items():
    add_decision_routes(_name, _decision)


@router.get("/contributions/{contribution}/take-up", dependencies=TAKE_UP_GUARD)
def show_move_held_contribution_form(context: ReadContext, contribution: UUID) -> Response:
    """Show the page with the later meetings to which a held contribution can be moved."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.TAKE_UP.require(context.actor, contribution_row)
    view = build_contribution_view(context, contribution_row)
    later_meetings = meetings.list_later_meetings(context.session, context.actor, view.meeting)
    return context.render(
        "web/contributions/take_up.html",
        about=view,
        is_confirmed_again=is_confirmed_by_answer(context.session, contribution_row),
        can_confirm=is_represented(context.session, contribution_row.body_id, contribution_row.entity),
        meetings=[(meeting.id, status.format_meeting_name(meeting, view.body)) for meeting in later_meetings],
    )


@router.post("/contributions/{contribution}/take-up", dependencies=TAKE_UP_GUARD)
def move_held_contribution(
    context: WriteContext, contribution: UUID, meeting: Annotated[UUID, Form()], version: VersionField = 0
) -> Response:
    """Move a held contribution to a later meeting."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    rules.TAKE_UP.require(context.actor, contribution_row)
    late_submissions.take_up_held_contribution(
        context.session,
        context.actor,
        contribution_row,
        meetings.get_visible_meeting(context.session, context.actor, meeting),
        version=version,
    )
    done = "taken-up-waits" if is_awaiting_state(context.session, contribution_row) else "taken-up"
    return context.redirect(f"/contributions/{contribution_row.id}?done={done}")


def add_usual_reason(typed: str, because: str, language: str) -> str:
    """Return what was typed, followed by a usual reason for returning a contribution, in a language.

    Raises BadRequest for a reason or a language that no page offers.
    """
    if because not in RETURN_REASONS or language not in LANGUAGES:
        raise BadRequest(FALLBACK_MESSAGE)
    return "\n".join(filter(None, (typed.strip(), RETURN_REASONS[because].text.translate(language))))


def _render_reason_form(
    context: ReadContext,
    contribution: Contribution,
    name: str,
    entry: ParsedForm[ReasonInput] | None = None,
    *,
    typed: str = "",
    reason_language: str = "",
) -> Response:
    """Render the form for the reason; 400 with an `entry` that has errors. The language of usual reasons is at first
    that of the contribution."""
    return context.render(
        "web/contributions/reason.html",
        status=400 if entry else 200,
        contribution=contribution,
        lang=get_original_language_if_foreign(contribution.original, context.language),
        entity=EntityName(contribution.entity),
        act=name,
        awaits_state=is_awaiting_state(context.session, contribution),
        reason=entry.typed["reason"] if entry else typed,
        usual_reasons=[(key, reason.label) for key, reason in RETURN_REASONS.items()] if name == "return" else [],
        reason_language=reason_language or contribution.original,
        error=entry.errors.get("reason") if entry else None,
    )
