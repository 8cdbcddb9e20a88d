"""How the secretariat keeps who facilitates the action lines of WSIS."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.domain.mandates import actions, queries, rules
from app.domain.mandates.inputs import FacilitationInput
from app.domain.mandates.models import ActionLine, Facilitation
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, VersionField
from app.web.views.mandates.words import FACILITATOR_ROLE_LABELS

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])
EDIT_GUARDS = [Depends(SignedInGuard(rules.EDIT))]


class FacilitatorForm(TypedForm):
    """The fields of an entry of a facilitator, as typed."""

    organization: str = ""
    role: str = ""
    from_on: str = ""
    until_on: str = ""
    basis: str = ""
    confirmed: str = ""

    @property
    def typed(self) -> dict[str, object]:
        """Fields by name; a box that is not ticked is no."""
        return self.model_dump() | {"confirmed": bool(self.confirmed)}


@router.get("/action-lines/{action_line}/facilitators/new", dependencies=EDIT_GUARDS)
def show_new_facilitator_form(context: ReadContext, action_line: str) -> Response:
    """Show the form that adds a facilitator to an action line."""
    rules.EDIT.require(context.actor, None)
    line = queries.get_action_line(context.session, action_line)
    return _render_form(context, line, None, ParsedForm(FacilitatorForm().typed, None, {}))


@router.post("/action-lines/{action_line}/facilitators", dependencies=EDIT_GUARDS)
def add_facilitator(context: WriteContext, action_line: str, form: Annotated[FacilitatorForm, Form()]) -> Response:
    """Add a facilitator to an action line."""
    rules.EDIT.require(context.actor, None)
    line = queries.get_action_line(context.session, action_line)
    return submit_form(
        context,
        FacilitationInput,
        form.typed,
        action=lambda content: actions.add_facilitation(context.session, context.actor, line, content),
        render=partial(_render_form, context, line, None),
        done=f"/action-lines/{line.code}?done=mandate-kept#h-facilitators",
        refusals=(BadRequest,),
        refusal_at="organization",
    )


@router.get("/action-lines/{action_line}/facilitators/{facilitation}", dependencies=EDIT_GUARDS)
def show_facilitator_form(context: ReadContext, action_line: str, facilitation: UUID) -> Response:
    """Show the form that changes what the register says of a facilitator."""
    rules.EDIT.require(context.actor, None)
    line = queries.get_action_line(context.session, action_line)
    row = queries.get_facilitation(context.session, line.code, facilitation)
    typed = queries.read_facilitation(row).model_dump(mode="json")
    return _render_form(context, line, row, ParsedForm({name: value or "" for name, value in typed.items()}, None, {}))


@router.post("/action-lines/{action_line}/facilitators/{facilitation}", dependencies=EDIT_GUARDS)
def change_facilitator(
    context: WriteContext,
    action_line: str,
    facilitation: UUID,
    form: Annotated[FacilitatorForm, Form()],
    version: VersionField = 0,
) -> Response:
    """Change what the register says of a facilitator."""
    rules.EDIT.require(context.actor, None)
    line = queries.get_action_line(context.session, action_line)
    row = queries.get_facilitation(context.session, line.code, facilitation, lock=True)
    return submit_form(
        context,
        FacilitationInput,
        form.typed,
        action=lambda new: actions.change_facilitation(context.session, context.actor, row, new, version=version),
        render=partial(_render_form, context, line, row),
        done=f"/action-lines/{line.code}?done=mandate-kept#h-facilitators",
        refusals=(BadRequest,),
        refusal_at="organization",
    )


def _render_form(
    context: ReadContext,
    line: ActionLine,
    facilitation: Facilitation | None,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    return context.render(
        "web/mandates/facilitator.html",
        status=get_form_http_status(entry, refusal),
        line=line,
        facilitation=facilitation,
        roles=list(FACILITATOR_ROLE_LABELS.items()),
        typed=entry.typed,
        errors=entry.errors,
    )
