"""The acts of the agenda editor: its one form names in `act` what a button does, and to which item or document.

`up:2f1c03` moves the item whose identifier begins with these digits. Every act names the version of the draft that its
page showed, and is merged with what others changed since, or refused and shown with it. What was typed in the rows is
saved with every act, except with those that undo.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.routing import APIRoute

from app.core.errors import NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.rules import agendas
from app.http.authentication import SignedInGuard
from app.web.agendas.act_forms import AgendaAct, AgendaActForm, describe_act
from app.web.agendas.document_acts import DOCUMENT_ACTS
from app.web.agendas.item_acts import ITEM_ACTS
from app.web.agendas.typed_plans import TypedRows, read_plan_changes
from app.web.forms.parsing import RejectRepeatedFields
from app.web.views.agendas.edit_conflicts import CurrentAgendaEdit
from app.web.views.agendas.editor import render_agenda_editor

MAX_FIELDS = 5000
"""Fields of the form: two in each row, and one for each document. An agenda of 1,000 items has fewer."""

ACTS: Mapping[str, AgendaAct] = MappingProxyType({**ITEM_ACTS, **DOCUMENT_ACTS})
ACTS_THAT_UNDO = ("undo", "revert")


class LongFormRoute(APIRoute):
    """A route whose form may have MAX_FIELDS fields, instead of the 1,000 that the framework allows."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Return the handler of the route, which finds the form read already."""
        handle = super().get_route_handler()

        async def handle_long_form(request: Request) -> Response:
            await request.form(max_fields=MAX_FIELDS)
            return await handle(request)

        return handle_long_form


router = APIRouter(dependencies=[Depends(RejectRepeatedFields("document"))], route_class=LongFormRoute)


@router.post("/meetings/{meeting}/agenda/act", dependencies=[Depends(SignedInGuard(agendas.EDIT))])
def change_agenda_draft(edit: CurrentAgendaEdit, form: Annotated[AgendaActForm, Form()], rows: TypedRows) -> Response:
    """Do one act of the editor. Raises NotFound for an act that there is not."""
    name, _ignored, thing = form.act.partition(":")
    act = ACTS.get(name)
    if act is None:
        raise NotFound()
    if name in ACTS_THAT_UNDO:
        return act(edit, form, thing)
    edit = replace(edit, plan=read_plan_changes(edit, rows, removed=thing if name == "remove" else ""))
    if edit.plan.errors:
        words = _("You wanted to change the time plan:")
        typed = form.model_dump(include={"title", "kind", "minutes", "session", "under", "note"})
        attempt = describe_act(edit, words, {**typed, "act": "add"}, errors=edit.plan.errors)
        return render_agenda_editor(edit.context, edit.meeting, attempt)
    return act(edit, form, thing)
