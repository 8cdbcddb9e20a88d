"""Focal points of action lines: one secretary proposes, a second one confirms, either ends the term."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core import clock
from app.core.errors import BadRequest, DomainError
from app.core.validation import ReasonInput
from app.domain.bodies.rules import AccreditationOrOffice
from app.domain.identity.queries import index_person_names
from app.domain.line_focal_points import actions, queries, rules
from app.domain.line_focal_points.inputs import NewLineFocalPoint
from app.domain.line_focal_points.models import FOCAL_POINT_OF_LINE, LineFocalPoint
from app.domain.mandates.models import ActionLine
from app.domain.mandates.queries import get_action_line
from app.http.authentication import SignedInGuard
from app.http.labels import ROLE_LABELS, join_texts
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, TypedForm, parse_form
from app.web.forms.term_fields import NO_PERSON, build_default_term_dates
from app.web.views.mandates.focal_points import describe_term

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])
PROPOSE_GUARDS = [Depends(SignedInGuard(rules.PROPOSE))]
NO_ONE = AccreditationOrOffice(None, "", NO_PERSON, FOCAL_POINT_OF_LINE)


class FocalPointForm(TypedForm):
    """The proposal of a focal point, as typed."""

    person: str = ""
    from_on: str = ""
    until_on: str = ""


@router.get("/action-lines/{action_line}/focal-points/new", dependencies=PROPOSE_GUARDS)
def show_focal_point_form(context: ReadContext, action_line: str) -> Response:
    """Show the form that proposes a focal point of an action line."""
    rules.PROPOSE.require(context.actor, NO_ONE)
    line = get_action_line(context.session, action_line)
    form = FocalPointForm(**build_default_term_dates(years=4))
    return _render_form(context, line, ParsedForm(form.typed, None, {}))


@router.post("/action-lines/{action_line}/focal-points", dependencies=PROPOSE_GUARDS)
def propose_focal_point_of_line(
    context: WriteContext, action_line: str, form: Annotated[FocalPointForm, Form()]
) -> Response:
    """Propose a focal point of an action line."""
    rules.PROPOSE.require(context.actor, NO_ONE)
    line = get_action_line(context.session, action_line)
    return submit_form(
        context,
        NewLineFocalPoint,
        form.typed,
        action=lambda new: actions.propose_focal_point(context.session, context.actor, line, new),
        render=partial(_render_form, context, line),
        done=lambda term: f"/focal-points/{term.id}?done=proposed",
        refusals=(BadRequest,),
        refusal_at="person",
    )


@router.get("/focal-points/{focal_point}", dependencies=[Depends(SignedInGuard(rules.SEE_TERM))])
def show_focal_point(context: ReadContext, focal_point: UUID) -> Response:
    """Show the term of a focal point, or its proposal."""
    return _render_term(context, queries.get_term(context.session, context.actor, focal_point))


@router.post("/focal-points/{focal_point}/confirm", dependencies=[Depends(SignedInGuard(rules.CONFIRM))])
def confirm_focal_point_of_line(context: WriteContext, focal_point: UUID) -> Response:
    """Confirm a proposed focal point as the second secretary."""
    term = queries.get_term(context.session, context.actor, focal_point)
    actions.confirm_focal_point(context.session, context.actor, term)
    return context.redirect(f"/action-lines/{term.action_line}?done=focal-point-confirmed")


@router.post("/focal-points/{focal_point}/end", dependencies=[Depends(SignedInGuard(rules.END))])
def end_focal_point_of_line(context: WriteContext, focal_point: UUID, reason: TextField = "") -> Response:
    """End the term of a focal point, or withdraw the proposal."""
    term = queries.get_term(context.session, context.actor, focal_point)
    entry = parse_form(ReasonInput, {"reason": reason})
    if entry.value is None:
        rules.END.require(context.actor, rules.build_rule_subject(term))
        return _render_term(context, term, entry)
    actions.end_focal_point(context.session, context.actor, term, entry.value)
    return context.redirect(f"/action-lines/{term.action_line}?done=ended")


def _render_form(
    context: ReadContext, line: ActionLine, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    known = queries.list_people_of_units(context.session, context.actor)
    return context.render(
        "web/mandates/focal_point_new.html",
        status=get_form_http_status(entry, refusal),
        line=line,
        typed=entry.typed,
        errors=entry.errors,
        people=[
            (str(person), f"{name} – {join_texts([ROLE_LABELS[unit] for unit in units]).translate(context.language)}")
            for person, (name, units) in known.items()
        ],
    )


def _render_term(context: ReadContext, term: LineFocalPoint, entry: ParsedForm[ReasonInput] | None = None) -> Response:
    people = (term.person_id, term.proposed_by, term.confirmed_by, term.ended_by)
    return context.render(
        "web/mandates/focal_point.html",
        status=get_form_http_status(entry),
        term=term,
        unit=ROLE_LABELS[term.unit],
        tag_of=describe_term(term, clock.now().date()),
        people=index_person_names(context.session, people),
        may_confirm=rules.CONFIRM.allows(context.actor, rules.build_rule_subject(term, to_confirm=True)),
        may_end=rules.END.allows(context.actor, rules.build_rule_subject(term)),
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry else None,
    )
