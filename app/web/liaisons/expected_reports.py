"""An expected report: its page, and what the secretariat records of it or does to get it."""

from functools import partial
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core import clock
from app.core.errors import BadRequest, Conflict, DomainError
from app.core.i18n import LANGUAGES
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.liaisons.models import Liaison
from app.domain.liaisons.queries import list_visible_liaisons
from app.domain.organizations.models import Organization
from app.domain.reporting_duties import queries, rules
from app.domain.reporting_duties.actions import reports, requests
from app.domain.reporting_duties.inputs import ReportAnswer, ReportRefusal, RequestMessage
from app.domain.reporting_duties.queries import DutyReport
from app.http.authentication import EntityName, SignedInGuard
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import (
    LANGUAGE_CHOICES,
    ParsedForm,
    RejectRepeatedFields,
    TextField,
    TypedForm,
    VersionField,
)
from app.web.views.liaisons.report_requests import EMAIL_LABELS, build_request_message
from app.web.views.liaisons.reports import build_report_cell, name_clauses

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


class ReportForm(TypedForm):
    """The fields of the page of an expected report; each of its forms has some of them."""

    liaison: str = ""
    declined_on: str = ""
    reason: str = ""


@router.get("/expected-reports/{expected_report}", dependencies=[Depends(SignedInGuard(rules.SEE_REPORT))])
def show_expected_report(context: ReadContext, expected_report: UUID) -> Response:
    """Show an expected report: when it is due, what was received or said, and how it was asked for."""
    found = queries.get_visible_report(context.session, context.actor, expected_report)
    return _render_page(context, found, ParsedForm(ReportForm().typed, None, {}))


@router.post("/expected-reports/{expected_report}/answer", dependencies=[Depends(SignedInGuard(rules.ANSWER))])
def answer_report(
    context: WriteContext, expected_report: UUID, form: Annotated[ReportForm, Form()], version: VersionField = 0
) -> Response:
    """Record a liaison statement as the report."""
    found = queries.get_visible_report(context.session, context.actor, expected_report, lock=True)
    rules.ANSWER.require(context.actor, queries.get_report_rule_subject(context.session, found))
    return submit_form(
        context,
        ReportAnswer,
        form.typed,
        action=lambda answer: reports.answer_report(context.session, context.actor, found, answer, version=version),
        render=partial(_render_page, context, found),
        done=f"/expected-reports/{found.report.id}?done=report-received",
        refusals=(BadRequest,),
        refusal_at="liaison",
    )


@router.post("/expected-reports/{expected_report}/decline", dependencies=[Depends(SignedInGuard(rules.DECLINE))])
def decline_report(
    context: WriteContext, expected_report: UUID, form: Annotated[ReportForm, Form()], version: VersionField = 0
) -> Response:
    """Record that the organization said that it will not report."""
    found = queries.get_visible_report(context.session, context.actor, expected_report, lock=True)
    rules.DECLINE.require(context.actor, queries.get_report_rule_subject(context.session, found))
    return submit_form(
        context,
        ReportRefusal,
        form.typed,
        action=lambda refusal: reports.decline_report(context.session, context.actor, found, refusal, version=version),
        render=partial(_render_page, context, found),
        done=f"/expected-reports/{found.report.id}?done=saved",
        refusals=(BadRequest,),
        refusal_at="declined_on",
    )


@router.post("/expected-reports/{expected_report}/reopen", dependencies=[Depends(SignedInGuard(rules.REOPEN))])
def reopen_report(context: WriteContext, expected_report: UUID, version: VersionField = 0) -> Response:
    """Expect a report again."""
    found = queries.get_visible_report(context.session, context.actor, expected_report, lock=True)
    reports.reopen_report(context.session, context.actor, found, version=version)
    return context.redirect(f"/expected-reports/{found.report.id}?done=saved")


@router.get("/expected-reports/{expected_report}/request", dependencies=[Depends(SignedInGuard(rules.REQUEST))])
def preview_request(
    context: ReadContext, expected_report: UUID, language: Annotated[str, Query(max_length=2)] = ""
) -> Response:
    """Show the message that would be sent, in one of the official languages."""
    found = queries.get_visible_report(context.session, context.actor, expected_report)
    rules.REQUEST.require(context.actor, queries.get_report_rule_subject(context.session, found))
    return _render_request(context, found, language if language in LANGUAGES else context.language)


@router.post("/expected-reports/{expected_report}/request", dependencies=[Depends(SignedInGuard(rules.REQUEST))])
def request_report(
    context: WriteContext,
    expected_report: UUID,
    language: TextField = "",
    shown: TextField = "",
    version: VersionField = 0,
) -> Response:
    """Send the message that was shown. If it would be another one by now, it is shown again."""
    found = queries.get_visible_report(context.session, context.actor, expected_report, lock=True)
    rules.REQUEST.require(context.actor, queries.get_report_rule_subject(context.session, found))
    chosen = language if language in LANGUAGES else context.language
    message = _build_message(context, found, chosen)
    if _digest(message) != shown:
        return _render_request(context, found, chosen, Conflict(requests.MESSAGE_CHANGED))
    requests.request_report(context.session, context.actor, found, message, version=version)
    return context.redirect(f"/expected-reports/{found.report.id}?done=report-requested")


def _build_message(context: ReadContext, found: DutyReport, language: str) -> RequestMessage:
    """Build the message in a language; names are those of that language."""
    session = context.session
    return build_request_message(
        found,
        session.get_one(Body, found.duty.body_id),
        session.get_one(Organization, found.duty.organization),
        name_clauses(session, {found.duty.clause}, language).get(found.duty.clause),
        session.get_one(Person, context.actor.person),
        clock.now().date(),
        Localizer(language, "UTC"),
    )


def _digest(message: RequestMessage) -> str:
    """Digest of what was shown, by which it is known again."""
    return sha256(message.model_dump_json().encode()).hexdigest()


def _render_request(
    context: ReadContext, found: DutyReport, language: str, refusal: DomainError | None = None
) -> Response:
    message = _build_message(context, found, language)
    return context.render(
        "web/liaisons/report_request.html",
        status=refusal.status if refusal else 200,
        report=found.report,
        organization=EntityName(found.duty.organization),
        contact=context.session.get_one(Organization, found.duty.organization).contact,
        message=message,
        shown=_digest(message),
        message_languages=LANGUAGE_CHOICES,
        refusal=refusal and refusal.reason,
    )


def _render_page(
    context: ReadContext, found: DutyReport, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    session, report, duty = context.session, found.report, found.duty
    subject = queries.get_report_rule_subject(session, found)
    allowed = {
        name: permission.allows(context.actor, subject)
        for name, permission in (
            ("request", rules.REQUEST),
            ("answer", rules.ANSWER),
            ("decline", rules.DECLINE),
            ("reopen", rules.REOPEN),
        )
    }
    possible = queries.list_possible_answers(session, context.actor, duty) if allowed["answer"] else ()
    return context.render(
        "web/liaisons/expected_report.html",
        status=get_form_http_status(entry, refusal),
        report=report,
        duty=duty,
        organization=EntityName(duty.organization),
        group=session.get_one(Body, duty.body_id),
        clause=name_clauses(session, {duty.clause}, context.language).get(duty.clause),
        cell=build_report_cell(report, clock.now().date(), context.localizer),
        liaison=session.scalar(list_visible_liaisons(context.actor).where(Liaison.id == report.liaison_id)),
        requests=[(request, EMAIL_LABELS[email.fate]) for request, email in queries.list_requests(session, report)],
        allowed=allowed,
        lacks_address=not subject.has_address,
        possible=[
            (str(each.id), f"{each.symbol} – {each.subject}" if each.symbol else each.subject) for each in possible
        ],
        typed=entry.typed,
        errors=entry.errors,
        refusal=refusal and refusal.reason,
    )
