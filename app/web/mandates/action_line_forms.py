"""How the secretariat keeps the names and goals of the action lines of WSIS."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.domain.mandates import actions, queries, rules
from app.domain.mandates.inputs import ActionLineContent
from app.domain.mandates.models import ActionLine
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.by_language import TextsByLanguageForm
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("confirmed"))])


class ActionLineForm(TextsByLanguageForm):
    """The fields of an action line."""

    confirmed: tuple[str, ...] = ()
    sdgs: str = ""
    sdgs_confirmed: str = ""

    @property
    def typed(self) -> dict[str, object]:
        """Fields by name; a box that is not ticked is no."""
        return self.model_dump() | {"sdgs_confirmed": bool(self.sdgs_confirmed)}


@router.get("/action-lines/{action_line}/edit", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_action_line_form(context: ReadContext, action_line: str) -> Response:
    """Show the form that changes or confirms an action line."""
    rules.EDIT.require(context.actor, None)
    line = queries.get_action_line(context.session, action_line)
    typed = ActionLineForm().typed | line.names
    typed |= {"confirmed": line.confirmed, "sdgs_confirmed": line.sdgs_confirmed, "sdgs": " ".join(map(str, line.sdgs))}
    return _render_form(context, line, ParsedForm(typed, None, {}))


@router.post("/action-lines/{action_line}", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def change_action_line(
    context: WriteContext, action_line: str, form: Annotated[ActionLineForm, Form()], version: VersionField = 0
) -> Response:
    """Change or confirm an action line."""
    rules.EDIT.require(context.actor, None)
    line = queries.get_action_line(context.session, action_line, lock=True)
    return submit_form(
        context,
        ActionLineContent,
        form.typed,
        action=lambda new: actions.change_action_line(context.session, context.actor, line, new, version=version),
        render=partial(_render_form, context, line),
        done=f"/action-lines/{line.code}?done=mandate-kept",
        refusals=(BadRequest,),
        refusal_at="en",
        whole_form_errors_at=context.language,
    )


def _render_form(
    context: ReadContext, line: ActionLine, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    """Render the form of an action line."""
    return context.render(
        "web/mandates/action_line_edit.html",
        status=get_form_http_status(entry, refusal),
        line=line,
        typed=entry.typed,
        errors=entry.errors,
    )
