"""How the secretariat keeps the duties of organizations to report to its group."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core import clock
from app.core.errors import BadRequest, DomainError
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.mandates.queries import list_citable_texts
from app.domain.organizations.inputs import OrganizationFilter
from app.domain.organizations.queries import list_organizations
from app.domain.reporting_duties import queries, rules
from app.domain.reporting_duties.actions import duties
from app.domain.reporting_duties.inputs import DutyContent, DutyEnd, NewDuty
from app.domain.reporting_duties.models import ReportingDuty
from app.http.authentication import EntityName, SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.messages import order_errors
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, VersionField
from app.web.views.documents.filters import list_entity_names
from app.web.views.liaisons.reports import build_report_cell, name_clauses
from app.web.views.mandates.words import name_citation

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


NEW_DUTY_FIELDS = ("organization", "clause", "every_months", "next_due_on", "basis", "from_on")


class DutyForm(TypedForm):
    """The fields of a duty that can be changed."""

    every_months: str = "12"
    next_due_on: str = ""
    basis: str = ""


class NewDutyForm(DutyForm):
    """The fields of a new duty."""

    organization: str = ""
    clause: str = ""
    from_on: str = ""


class DutyEndForm(TypedForm):
    """The field of the end of a duty."""

    until_on: str = ""


@router.get("/bodies/{body}/reporting-duties/new", dependencies=[Depends(SignedInGuard(rules.ADD))])
def show_new_duty_form(context: ReadContext, body: str) -> Response:
    """Show the form for a new duty."""
    typed = NewDutyForm(from_on=clock.now().date().isoformat()).typed
    return _render_new(context, _get_own_body(context, body), ParsedForm(typed, None, {}))


@router.post("/bodies/{body}/reporting-duties", dependencies=[Depends(SignedInGuard(rules.ADD))])
def add_duty(context: WriteContext, body: str, form: Annotated[NewDutyForm, Form()]) -> Response:
    """Add a duty of an organization."""
    body_row = _get_own_body(context, body)
    return submit_form(
        context,
        NewDuty,
        form.typed,
        action=lambda new: duties.add_duty(context.session, context.actor, body_row, new),
        render=partial(_render_new, context, body_row),
        done=lambda duty: f"/reporting-duties/{duty.id}?done=duty-added",
        refusals=(BadRequest,),
        refusal_at="organization",
    )


@router.get("/reporting-duties/{duty}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_duty(context: ReadContext, duty: UUID) -> Response:
    """Show a duty with the reports that are expected by it."""
    row = queries.get_visible_duty(context.session, context.actor, duty)
    subject, today = queries.build_duty_rule_subject(row), clock.now().date()
    clauses = name_clauses(context.session, {row.clause}, context.language)
    publication = queries.find_current_publication(context.session, row)
    return context.render(
        "web/liaisons/duty.html",
        publication=queries.build_publication_rule_subject(row, publication).state,
        duty=row,
        organization=EntityName(row.organization),
        group=context.session.get_one(Body, row.body_id),
        clause=clauses.get(row.clause),
        reports=[
            (report, build_report_cell(report, today, context.localizer))
            for report in queries.list_reports_of_duty(context.session, row)
        ],
        may_change=rules.CHANGE.allows(context.actor, subject),
        may_end=rules.END.allows(context.actor, subject),
    )


@router.get("/reporting-duties/{duty}/edit", dependencies=[Depends(SignedInGuard(rules.CHANGE))])
def show_duty_form(context: ReadContext, duty: UUID) -> Response:
    """Show the form that changes a duty."""
    row = queries.get_visible_duty(context.session, context.actor, duty)
    rules.CHANGE.require(context.actor, queries.build_duty_rule_subject(row))
    typed = {
        "every_months": str(row.every_months),
        "next_due_on": row.next_due_on.isoformat(),
        "basis": row.basis,
    }
    return _render_form(context, row, "edit", ParsedForm(typed, None, {}))


@router.post("/reporting-duties/{duty}/edit", dependencies=[Depends(SignedInGuard(rules.CHANGE))])
def change_duty(
    context: WriteContext, duty: UUID, form: Annotated[DutyForm, Form()], version: VersionField = 0
) -> Response:
    """Change how often an organization reports, and when next."""
    row = queries.get_visible_duty(context.session, context.actor, duty, lock=True)
    rules.CHANGE.require(context.actor, queries.build_duty_rule_subject(row))
    return submit_form(
        context,
        DutyContent,
        form.typed,
        action=lambda new: duties.change_duty(context.session, context.actor, row, new, version=version),
        render=partial(_render_form, context, row, "edit"),
        done=f"/reporting-duties/{row.id}?done=saved",
        refusals=(BadRequest,),
        refusal_at="next_due_on",
    )


@router.get("/reporting-duties/{duty}/end", dependencies=[Depends(SignedInGuard(rules.END))])
def show_duty_end_form(context: ReadContext, duty: UUID) -> Response:
    """Show the form that ends a duty."""
    row = queries.get_visible_duty(context.session, context.actor, duty)
    rules.END.require(context.actor, queries.build_duty_rule_subject(row))
    return _render_form(context, row, "end", ParsedForm(DutyEndForm().typed, None, {}))


@router.post("/reporting-duties/{duty}/end", dependencies=[Depends(SignedInGuard(rules.END))])
def end_duty(
    context: WriteContext, duty: UUID, form: Annotated[DutyEndForm, Form()], version: VersionField = 0
) -> Response:
    """End a duty; reports that are due later are no longer expected."""
    row = queries.get_visible_duty(context.session, context.actor, duty, lock=True)
    rules.END.require(context.actor, queries.build_duty_rule_subject(row))
    return submit_form(
        context,
        DutyEnd,
        form.typed,
        action=lambda end: duties.end_duty(context.session, context.actor, row, end, version=version),
        render=partial(_render_form, context, row, "end"),
        done=f"/reporting-duties/{row.id}?done=duty-ended",
        refusals=(BadRequest,),
        refusal_at="until_on",
    )


def _get_own_body(context: ReadContext, code: str) -> Body:
    """Load a body of which the actor is a secretary. Raises NotFound, Forbidden."""
    body = get_visible_body(context.session, context.actor, code)
    rules.ADD.require(context.actor, rules.DutyRuleSubject(body.id))
    return body


def _render_new(
    context: ReadContext, body: Body, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    in_force = list_organizations(context.session, OrganizationFilter(force="in-force"), clock.now().date())
    citable = [name_citation(text, context.language) for text in list_citable_texts(context.session)]
    return context.render(
        "web/liaisons/duty_new.html",
        status=get_form_http_status(entry, refusal),
        group=body,
        typed=entry.typed,
        errors=order_errors(entry.errors, NEW_DUTY_FIELDS),
        organizations=list_entity_names([each.code for each in in_force], context.language),
        clauses=[(each.code, each.name) for each in citable if not each.is_retired],
    )


def _render_form(
    context: ReadContext,
    duty: ReportingDuty,
    act: str,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    return context.render(
        f"web/liaisons/duty_{act}.html",
        status=get_form_http_status(entry, refusal),
        duty=duty,
        organization=EntityName(duty.organization),
        typed=entry.typed,
        errors=entry.errors,
        refusal=refusal and refusal.reason,
    )
