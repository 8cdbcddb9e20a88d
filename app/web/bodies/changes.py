"""The form that proposes what a group is from a change on; a second secretary confirms it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.core.i18n import LANGUAGES, NATIVE_NAMES
from app.core.validation import ReasonInput
from app.domain.bodies.inputs import ADMISSIBLE_CATEGORIES
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body, select_known_bodies
from app.domain.bodies.rules import EntityInBody
from app.domain.body_proposals import actions, queries, rules
from app.domain.body_proposals.inputs import ChangedBody
from app.http.authentication import SignedInGuard
from app.http.labels import MEMBERSHIP_GROUP_LABELS, POSITION_AUDIENCE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.bodies.body_forms import BodyForm, fill_body_form, parse_body_form
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField, parse_form
from app.web.views.bodies.bodies import is_body_of_staff, list_parent_choices
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("admits", "languages"))])
PROPOSE_CHANGE_GUARDS = [Depends(SignedInGuard(rules.PROPOSE_CHANGE))]


class BodyChangeForm(BodyForm):
    """The fields of a changed group, as typed, and why it is changed."""

    positions_shown_to: str = ""
    reason: str = ""


@router.get("/bodies/{body}/edit", dependencies=PROPOSE_CHANGE_GUARDS)
def show_body_change_form(context: ReadContext, body: str) -> Response:
    """Show the form that proposes a change of a group."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.PROPOSE_CHANGE.require(context.actor, EntityInBody(body_row.id))
    typed = fill_body_form(queries.read_body_with_rules(body_row)) | {"reason": ""}
    return _render_form(context, body_row, ParsedForm(typed, None, {}))


@router.post("/bodies/{body}/edit", dependencies=PROPOSE_CHANGE_GUARDS)
def propose_change_of_body(
    context: WriteContext, body: str, form: Annotated[BodyChangeForm, Form()], version: VersionField = 0
) -> Response:
    """Propose a change of a group."""
    body_row = get_visible_body(context.session, context.actor, body)
    rules.PROPOSE_CHANGE.require(context.actor, EntityInBody(body_row.id))
    entry = parse_body_form(ChangedBody, form.typed, context.language)
    reason = parse_form(ReasonInput, {"reason": form.reason})
    because = reason.value
    if because is None:
        return _render_form(context, body_row, ParsedForm(form.typed, None, {**entry.errors, **reason.errors}))
    return submit_parsed_form(
        context,
        entry,
        action=lambda content: actions.propose_change(
            context.session, context.actor, body_row, content, because, version=version
        ),
        render=partial(_render_form, context, body_row),
        done=lambda proposal: f"/body-proposals/{proposal.id}?done=proposed",
        refusals=(BadRequest,),
    )


def _render_form(
    context: ReadContext, body: Body, entry: ParsedForm[ChangedBody], refusal: DomainError | None = None
) -> Response:
    others = [each for each in context.session.scalars(select_known_bodies(context.actor)) if each.id != body.id]
    return context.render(
        "web/bodies/edit.html",
        status=get_form_http_status(entry, refusal),
        body=body,
        body_name=localize_title(body.names, context.language),
        version=body.version or 1,
        typed=entry.typed,
        errors=entry.errors,
        refusal=refusal.reason if refusal else None,
        parents=list_parent_choices(others),
        categories=[
            (str(category), MEMBERSHIP_GROUP_LABELS[category])
            for category in (body.admits if is_body_of_staff(body) else ADMISSIBLE_CATEGORIES)
        ],
        languages_of_files=[(code, NATIVE_NAMES[code]) for code in LANGUAGES],
        audiences=tuple(POSITION_AUDIENCE_LABELS.items()),
        pending=queries.find_open_proposal(context.session, context.actor, body.id),
    )
