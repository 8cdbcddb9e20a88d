"""The action plan: what was done under each clause in a period, as page, as CSV and as Word document."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

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


def read_period(
    first: Annotated[str, Query(alias="from", max_length=10)] = "", until: Annotated[str, Query(max_length=10)] = ""
) -> Period:
    """Read the period from the query; without one the last year. Raises BadRequest."""
    today = clock.now().date()
    try:
        last = date.fromisoformat(until) if until else today
        begin = date.fromisoformat(first) if first else last - USUAL_PERIOD
    except (ValueError, OverflowError):
        raise BadRequest(_("Enter the days as year-month-day, such as 2027-02-08.")) from None
    if not timedelta(0) <= last - begin <= LONGEST_PERIOD or last == date.max:  # the plan ends with the next day
        raise BadRequest(_("The first day must be before the last day, and not more than 25 years before it."))
    return Period(begin, last)


PeriodOfPlan = Annotated[Period, Depends(read_period)]


@router.get("/mandates/progress", dependencies=[PROGRESS_GUARD])
def show_progress(context: ReadContext, period: PeriodOfPlan) -> Response:
    """Show what was done under each clause in a period."""
    return context.render("web/mandates/progress.html", lines=_list_lines(context, period), period=period)


@router.get("/mandates/progress.csv", dependencies=[PROGRESS_GUARD])
def download_progress_table(context: ReadContext, period: PeriodOfPlan) -> Response:
    """Download the plan as CSV."""
    return csv_response(list(list_csv_rows(_list_lines(context, period), context.localizer)), "action-plan.csv")


@router.get("/mandates/progress/docx", dependencies=[PROGRESS_GUARD, COSTLY_TURN])
def download_progress_document(context: ReadContext, period: PeriodOfPlan) -> Response:
    """Download the plan as a Word document."""
    lines = _list_lines(context, period)
    plan = build_printable_plan(lines, period.first, period.last, context.localizer)
    return attachment_response(render_report_docx(context.portal, plan), DOCX, f"{plan.name}.docx")


def _list_lines(context: ReadContext, period: Period) -> list[ProgressLine]:
    rules.SEE.require(context.actor, None)
    return list_progress_lines(context.session, context.actor, period.first, period.last, context.localizer)
