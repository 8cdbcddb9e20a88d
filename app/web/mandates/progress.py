"""The action plan: what was done under each clause in a period, as page, as CSV and as Word document."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from app.core import clock
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX
from app.domain.mandates import rules
from app.http.authentication import SignedInGuard
from app.http.downloads import attachment_response
from app.http.exports.csv_export import csv_response
from app.http.page_context import COSTLY_TURN, ReadContext
from app.web.views.mandates.progress import (
    ProgressLine,
    build_printable_plan,
    list_csv_rows,
    list_progress_lines,
)
from app.web.views.reports.print import render_report_docx

router = APIRouter()
PROGRESS_GUARD = Depends(SignedInGuard(rules.SEE))
USUAL_PERIOD = timedelta(days=365)
LONGEST_PERIOD = timedelta(days=366 * 25)


@dataclass(frozen=True, slots=True)
class Period:
    """The first and the last day that the plan covers."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class PeriodQuery:
    """The days of a period as they were typed; `show` is `done` for the clauses alone under which something was."""

    first: Annotated[str, Query(alias="from", max_length=10)] = ""
    last: Annotated[str, Query(alias="until", max_length=10)] = ""
    show: Literal["all", "done"] = "all"


def parse_period(typed: Annotated[PeriodQuery, Depends()]) -> Period:
    """Parse the typed period; without one it is the last year. Raises BadRequest."""
    today = clock.now().date()
    try:
        last = date.fromisoformat(typed.last) if typed.last else today
        begin = date.fromisoformat(typed.first) if typed.first else last - USUAL_PERIOD
    except (ValueError, OverflowError):
        raise BadRequest(_("Enter the days as year-month-day, such as 2027-02-08.")) from None
    if not timedelta(0) <= last - begin <= LONGEST_PERIOD or last == date.max:  # the plan ends with the next day
        raise BadRequest(_("The first day must be before the last day, and not more than 25 years before it."))
    return Period(begin, last)


PeriodOfPlan = Annotated[Period, Depends(parse_period)]


@router.get("/mandates/progress", dependencies=[PROGRESS_GUARD])
def show_progress(context: ReadContext, typed: Annotated[PeriodQuery, Depends()]) -> Response:
    """Show what was done under each clause in a period, or what is wrong with the days that were typed."""
    template = "web/mandates/progress.html"
    try:
        period = parse_period(typed)
    except BadRequest as refusal:
        return context.render(
            template, status=refusal.status, period=typed, error=refusal.reason, lines=[], show=typed.show
        )
    lines = _list_lines(context, period, typed)
    return context.render(template, period=period, error=None, lines=lines, show=typed.show)


@router.get("/mandates/progress.csv", dependencies=[PROGRESS_GUARD])
def download_progress_table(
    context: ReadContext, period: PeriodOfPlan, typed: Annotated[PeriodQuery, Depends()]
) -> Response:
    """Download the plan as CSV."""
    return csv_response(list(list_csv_rows(_list_lines(context, period, typed), context.localizer)), "action-plan.csv")


@router.get("/mandates/progress/docx", dependencies=[PROGRESS_GUARD, COSTLY_TURN])
def download_progress_document(
    context: ReadContext, period: PeriodOfPlan, typed: Annotated[PeriodQuery, Depends()]
) -> Response:
    """Download the plan as a Word document."""
    lines = _list_lines(context, period, typed)
    plan = build_printable_plan(lines, period.first, period.last, context.localizer)
    return attachment_response(render_report_docx(context.portal, plan), DOCX, f"{plan.name}.docx")


def _list_lines(context: ReadContext, period: Period, typed: PeriodQuery) -> list[ProgressLine]:
    rules.SEE.require(context.actor, None)
    lines = list_progress_lines(context.session, context.actor, period.first, period.last, context.localizer)
    return [line for line in lines if line.standing is None] if typed.show == "done" else lines
