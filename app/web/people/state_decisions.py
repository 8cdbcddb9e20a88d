"""How a State decides in a body: what each of its delegates may do, and what only its head of delegation may do.

The State's own people see and change it; the secretariat sees what every State has decided.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies import rules
from app.domain.bodies.actions.state_decisions import set_acts_by_head
from app.domain.bodies.inputs import DecidingPerson, StateDecisionInput
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.queries.state_decisions import (
    list_acts_by_head,
    list_decisions_of_states,
    list_heads_of_delegation,
)
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions.cosponsors import set_clearance_requirement_of_state
from app.domain.contributions.queries.submissions import has_clearance_requirement, list_states_requiring_clearance
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import STATE_ACT_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

DECIDED_LABELS: Mapping[str, tuple[LazyText, LazyText]] = {
    "submissions": (
        _("Submit contributions"),
        _("The access that readers have at first is chosen with the contribution."),
    ),
    "positions": (
        STATE_ACT_LABELS["positions"],
        _("In silence procedures, on decisions of a meeting, and on adopted texts."),
    ),
    "withdrawals": (STATE_ACT_LABELS["withdrawals"], _("After registration, when others have read them.")),
    "wider_access": (
        STATE_ACT_LABELS["wider_access"],
        _("After registration. Each delegate can restrict the access."),
    ),
}
ANY_DELEGATE, HEAD_ALONE = _("Any delegate"), _("Only the head of delegation")
AFTER_CLEARANCE = _("Any delegate, once the head of delegation has cleared the text")


class StateDecisionForm(TypedForm):
    """The form of how a State decides, as typed."""

    submissions: str = ""
    positions: str = ""
    withdrawals: str = ""
    wider_access: str = ""


@router.get("/bodies/{body}/clearance", dependencies=[Depends(SignedInGuard(rules.SEE_STATE_DECISIONS))])
def show_state_decisions(context: ReadContext, body: str) -> Response:
    """Show how the actor's State decides in a body; to its secretariat, how every State does."""
    body_row = get_visible_body(context.session, context.actor, body)
    place = EntityInBody(body_row.id, context.actor.entity)
    rules.SEE_STATE_DECISIONS.require(context.actor, place)
    if rules.is_secretary.objection_to(context.actor, place) is None:
        return _render_list(context, body_row)
    return _render_page(context, body_row, ParsedForm(_load_typed_values(context, place), None, {}))


@router.post("/bodies/{body}/clearance", dependencies=[Depends(SignedInGuard(rules.SET_STATE_DECISIONS))])
def set_state_decisions(context: WriteContext, body: str, form: Annotated[StateDecisionForm, Form()]) -> Response:
    """Set how the actor's State decides in a body."""
    body_row = get_visible_body(context.session, context.actor, body)
    place = EntityInBody(body_row.id, context.actor.entity)
    rules.SET_STATE_DECISIONS.require(context.actor, place)
    return submit_form(
        context,
        StateDecisionInput,
        form.typed,
        action=partial(_set_decisions, context, place),
        render=partial(_render_page, context, body_row),
        done=f"/bodies/{body_row.code}/clearance?done=saved",
    )


def _set_decisions(context: WriteContext, place: EntityInBody, decided: StateDecisionInput) -> None:
    """Set all that the form decides."""
    set_clearance_requirement_of_state(
        context.session, context.actor, place, required=decided.submissions == DecidingPerson.HEAD
    )
    set_acts_by_head(context.session, context.actor, place, decided.acts_by_head)


def _load_typed_values(context: ReadContext, place: EntityInBody) -> dict[str, str]:
    """Return the values of the form as it is decided now."""
    by_head: set[str] = {*list_acts_by_head(context.session, place)}
    if has_clearance_requirement(context.session, place.body_id, place.entity):
        by_head.add("submissions")
    return _choose_values(by_head)


def _choose_values(by_head: set[str]) -> dict[str, str]:
    return {field: DecidingPerson.HEAD if field in by_head else DecidingPerson.DELEGATE for field in DECIDED_LABELS}


def _name_choice(field: str, value: str) -> LazyText:
    """Return the words of a choice in a field of the form."""
    if value != DecidingPerson.HEAD:
        return ANY_DELEGATE
    return AFTER_CLEARANCE if field == "submissions" else HEAD_ALONE


def _render_page(
    context: ReadContext, body: Body, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    """Render the form, or the same to read for a delegate who may not change it."""
    place = EntityInBody(body.id, context.actor.entity)
    fields = [
        (field, *words, [(value, _name_choice(field, value)) for value in DecidingPerson], entry.typed[field])
        for field, words in DECIDED_LABELS.items()
    ]
    return context.render(
        "web/people/state_decisions.html",
        body=body,
        body_name=localize_title(body.names, context.language),
        entity=EntityName(context.actor.entity),
        heads=list_heads_of_delegation(context.session, place),
        may_set=rules.SET_STATE_DECISIONS.allows(context.actor, place),
        sees_people=rules.SEE_PEOPLE.allows(context.actor, place),
        fields=fields,
        now=[(words, _name_choice(field, str(entry.typed[field]))) for field, (words, _hint) in DECIDED_LABELS.items()],
        **build_form_page_values(entry, refusal),
    )


def _render_list(context: ReadContext, body: Body) -> Response:
    """Render what each State has decided, for the secretariat."""
    by_state: dict[str, set[str]] = {
        row.entity: {*row.by_head} for row in list_decisions_of_states(context.session, context.actor, body.id)
    }
    for entity in list_states_requiring_clearance(context.session, context.actor, body.id):
        by_state.setdefault(entity, {*rules.BY_HEAD_AT_FIRST}).add("submissions")
    return context.render(
        "web/people/decisions_of_states.html",
        body=body,
        columns=[words for words, _hint in DECIDED_LABELS.values()],
        states=[
            (EntityName(entity), [_name_choice(*choice) for choice in _choose_values(by_head).items()])
            for entity, by_head in sorted(by_state.items())
        ],
    )
