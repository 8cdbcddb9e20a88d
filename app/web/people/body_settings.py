"""The categories of members that a body admits, its shortest silence, and who sees positions while silence runs."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest
from app.core.i18n import LazyText
from app.domain.bodies import rules
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import ADMISSIBLE_CATEGORIES, MinimumSilenceDuration, NewPositionAudience
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.rules import EntityInBody
from app.http.authentication import SignedInGuard
from app.http.labels import MEMBERSHIP_LABELS, POSITION_AUDIENCE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("categories"))])


@router.get("/bodies/{body}/admission", dependencies=[Depends(SignedInGuard(rules.SET_ADMITTED_CATEGORIES))])
def show_admitted_categories_form(context: ReadContext, body: str) -> Response:
    """Show the form of admitted membership categories."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.SET_ADMITTED_CATEGORIES.require(context.actor, EntityInBody(body_row.id))
    return _render_form(context, body_row, body_row.admits)


@router.post("/bodies/{body}/admission", dependencies=[Depends(SignedInGuard(rules.SET_ADMITTED_CATEGORIES))])
def set_categories_admitted_by_body(
    context: WriteContext,
    body: str,
    categories: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Set the membership categories that a body admits."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.SET_ADMITTED_CATEGORIES.require(context.actor, EntityInBody(body_row.id))
    refusal = try_action(
        context,
        lambda: seats.set_admitted_categories(context.session, context.actor, body_row, categories),
        refusals=(BadRequest,),
    )
    if refusal:
        return _render_form(context, body_row, categories, refusal.reason)
    return context.redirect(f"/people/{body_row.code}?done=admitted")


@router.get("/bodies/{body}/silence", dependencies=[Depends(SignedInGuard(rules.SET_SILENCE_HOURS))])
def show_silence_form(context: ReadContext, body: str) -> Response:
    """Show the form of the shortest silence procedure of a body, and of who sees positions."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.SET_SILENCE_HOURS.require(context.actor, EntityInBody(body_row.id))
    typed = {"hours": str(body_row.silence_hours), "shown_to": rules.get_position_audience(body_row.positions_shown_to)}
    was = {f"was_{name}": value for name, value in typed.items()}
    return _render_silence_form(context, body_row, typed | was, {})


@router.post("/bodies/{body}/silence", dependencies=[Depends(SignedInGuard(rules.SET_SILENCE_HOURS))])
def set_silence_procedures_of_body(
    context: WriteContext,
    body: str,
    hours: TextField = "",
    shown_to: TextField = "",
    was_hours: TextField = "",
    was_shown_to: TextField = "",
) -> Response:
    """Set the shortest silence procedure of a body, in hours, and who sees the positions of States while one runs: what
    differs from what the page showed."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.SET_SILENCE_HOURS.require(context.actor, EntityInBody(body_row.id))
    rules.SET_POSITION_AUDIENCE.require(context.actor, EntityInBody(body_row.id))
    duration = parse_form(MinimumSilenceDuration, {"hours": hours})
    audience = parse_form(NewPositionAudience, {"shown_to": shown_to})
    if duration.value is None or audience.value is None:
        typed = {"hours": hours, "shown_to": shown_to, "was_hours": was_hours, "was_shown_to": was_shown_to}
        return _render_silence_form(context, body_row, typed, {**duration.errors, **audience.errors})
    if hours != was_hours:
        seats.set_minimum_silence_duration(context.session, context.actor, body_row, duration.value)
    if shown_to != was_shown_to:
        seats.set_position_audience(context.session, context.actor, body_row, audience.value)
    return context.redirect(f"/people/{body_row.code}?done=silence-settings")


def _render_silence_form(
    context: ReadContext, body: Body, typed: Mapping[str, str], errors: Mapping[str, LazyText]
) -> Response:
    return context.render(
        "web/states/silence.html",
        status=400 if errors else 200,
        body=body,
        body_name=localize_title(body.names, context.language),
        typed=typed,
        errors=errors,
        audiences=tuple(POSITION_AUDIENCE_LABELS.items()),
    )


def _render_form(context: ReadContext, body: Body, chosen: list[str], error: LazyText | None = None) -> Response:
    return context.render(
        "web/states/admission.html",
        status=400 if error else 200,
        body=body,
        body_name=localize_title(body.names, context.language),
        categories=[(str(category), MEMBERSHIP_LABELS[category]) for category in ADMISSIBLE_CATEGORIES],
        chosen=chosen,
        error=error,
    )
