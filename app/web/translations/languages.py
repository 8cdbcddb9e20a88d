"""The languages in which a body wants every document."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.domain.bodies import rules as bodies
from app.domain.bodies.actions import seats
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.rules import EntityInBody
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("languages"))])

SET_LANGUAGES_GUARD = [Depends(SignedInGuard(bodies.SET_LANGUAGES))]


@router.get("/bodies/{body}/languages", dependencies=SET_LANGUAGES_GUARD)
def show_body_languages_form(context: ReadContext, body: str) -> Response:
    """Show the form for the languages of a body."""
    body_row = get_visible_body(context.session, context.actor, body)
    bodies.SET_LANGUAGES.require(context.actor, EntityInBody(body_row.id))
    return _render_form(context, body_row, body_row.languages)


@router.post("/bodies/{body}/languages", dependencies=SET_LANGUAGES_GUARD)
def set_body_languages(context: WriteContext, body: str, languages: Annotated[list[str], Form()] = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Set the languages of a body."""
    body_row = get_visible_body(context.session, context.actor, body)
    bodies.SET_LANGUAGES.require(context.actor, EntityInBody(body_row.id))
    set_languages = partial(seats.set_languages, context.session, context.actor, body_row, languages)
    if refusal := try_action(context, set_languages, refusals=(BadRequest,)):
        return _render_form(context, body_row, languages, refusal.reason)
    return context.redirect("/translations?done=languages")


def _render_form(context: ReadContext, body: Body, chosen: list[str], error: LazyText | None = None) -> Response:
    """Render the form; 400 with an `error`."""
    return context.render(
        "web/states/languages.html",
        status=400 if error else 200,
        body=body,
        body_name=localize_title(body.names, context.language),
        languages_of_files=[(code, NATIVE_NAMES[code]) for code in LANGUAGES],
        chosen=chosen,
        error=error,
    )
