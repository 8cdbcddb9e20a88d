"""Whether the reports of an organization are shown to the public: proposed, confirmed by a second person, or ended."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core import clock
from app.core.validation import ReasonInput
from app.domain.bodies.models import Body
from app.domain.identity.queries import index_person_names
from app.domain.reporting_duties import queries, rules
from app.domain.reporting_duties.actions import publications
from app.domain.reporting_duties.models import ExpectedReportState, ReportingDuty
from app.domain.reporting_duties.rules import PublicationState
from app.http.authentication import EntityName, SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, parse_form
from app.web.views.liaisons.reports import build_report_cell, name_clauses

router = APIRouter(prefix="/reporting-duties/{duty}", dependencies=[Depends(RejectRepeatedFields())])


class PublicationEndForm(TypedForm):
    """The field of the end of a publication."""

    reason: str = ""


@router.get("/publication", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_publication(context: ReadContext, duty: UUID) -> Response:
    """Show what is or would be public of a duty, who decided it, and what the reader may do about it."""
    return _render(context, queries.get_visible_duty(context.session, context.actor, duty))


@router.post("/publication", dependencies=[Depends(SignedInGuard(rules.PROPOSE_PUBLICATION))])
def propose_publication(context: WriteContext, duty: UUID) -> Response:
    """Propose to show the reports of an organization to the public."""
    row = queries.get_visible_duty(context.session, context.actor, duty, lock=True)
    publications.propose_publication(context.session, context.actor, row)
    return context.redirect(f"/reporting-duties/{row.id}/publication?done=publication-proposed")


@router.post("/publication/confirm", dependencies=[Depends(SignedInGuard(rules.CONFIRM_PUBLICATION))])
def confirm_publication(context: WriteContext, duty: UUID) -> Response:
    """Confirm, as the second person, that the reports of an organization are public."""
    row = queries.get_visible_duty(context.session, context.actor, duty, lock=True)
    publications.confirm_publication(context.session, context.actor, row)
    return context.redirect(f"/reporting-duties/{row.id}/publication?done=publication-confirmed")


@router.post("/publication/end", dependencies=[Depends(SignedInGuard(rules.END_PUBLICATION))])
def end_publication(context: WriteContext, duty: UUID, form: Annotated[PublicationEndForm, Form()]) -> Response:
    """Decline a publication, withdraw it, or end it."""
    row = queries.get_visible_duty(context.session, context.actor, duty, lock=True)
    entry = parse_form(ReasonInput, form.typed)
    if entry.value is None:
        current = queries.find_current_publication(context.session, row)
        rules.END_PUBLICATION.require(context.actor, queries.build_publication_rule_subject(row, current))
        return _render(context, row, entry)
    publications.end_publication(context.session, context.actor, row, entry.value)
    return context.redirect(f"/reporting-duties/{row.id}/publication?done=publication-ended")


def _render(context: ReadContext, duty: ReportingDuty, entry: ParsedForm[ReasonInput] | None = None) -> Response:
    session, today = context.session, clock.now().date()
    current = queries.find_current_publication(session, duty)
    last = None if current else queries.find_last_ended_publication(session, duty)
    subject = queries.build_publication_rule_subject(duty, current)
    people = [each for row in (current, last) if row for each in (row.proposed_by, row.confirmed_by, row.ended_by)]
    return context.render(
        "web/liaisons/duty_publication.html",
        status=get_form_http_status(entry),
        duty=duty,
        organization=EntityName(duty.organization),
        group=session.get_one(Body, duty.body_id),
        clause=name_clauses(session, {duty.clause}, context.language).get(duty.clause),
        reports=[
            (report, build_report_cell(report, today, context.localizer))
            for report in queries.list_reports_of_duty(session, duty)
            if report.state != ExpectedReportState.DROPPED
        ],
        publication=current,
        last=last,
        people=index_person_names(session, people),
        is_public=subject.state == PublicationState.PUBLIC,
        is_own=subject.proposer == context.actor.person,
        may_propose=rules.PROPOSE_PUBLICATION.allows(context.actor, subject),
        may_confirm=rules.CONFIRM_PUBLICATION.allows(context.actor, subject),
        may_end=rules.END_PUBLICATION.allows(context.actor, subject),
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry else None,
    )
