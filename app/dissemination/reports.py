"""The page of reports: organizations that report to a group, by the year in which each report is due, as far as that is
public. It is the same for every reader."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from fastapi import APIRouter, Depends, Request, Response

from app.core import clock
from app.core.i18n import LazyText
from app.dissemination.page_cache import cached_page_response
from app.dissemination.reader_sessions import ReaderCatalogueGuard
from app.dissemination.state import get_catalogue, get_read_path_state
from app.domain.releases.queries.released_duties import PublicDuty, PublicReport
from app.http.labels import describe_report
from app.http.localization import Localizer
from app.http.titles import localize_title

router = APIRouter(dependencies=[Depends(ReaderCatalogueGuard())])

MOST_YEARS = 6
"""Years that the page has columns for, the latest."""


@dataclass(frozen=True, slots=True)
class PublicReportCell:
    """A report: the kind of its tag and its words; or the days by which it is overdue."""

    kind: str
    words: LazyText | None
    days_overdue: int


@dataclass(frozen=True, slots=True)
class PublicReportRow:
    """What an organization reports to a group under a clause, by the year in which it is due. `lang` is the language of
    the name if it differs from the page."""

    name: str
    lang: str | None
    group: str
    clause: str
    reports: dict[int, list[PublicReportCell]] = field(default_factory=dict)


@router.get("/reports")
async def show_reports(request: Request) -> Response:
    """Show the table of the reports that are public. Not cached: how long a report is overdue changes each day."""
    state, catalogue = get_read_path_state(request), await get_catalogue(request)

    def values(language: str) -> dict[str, object]:
        rows = build_report_rows(catalogue.duties, clock.now().date(), Localizer(language, "UTC"))
        years = sorted({year for row in rows for year in row.reports})
        return {"rows": rows, "years": years[-MOST_YEARS:]}

    return cached_page_response(request, state, catalogue, "dissemination/reports.html", values, is_final=False)


def build_report_rows(duties: Iterable[PublicDuty], today: date, formats: Localizer) -> Sequence[PublicReportRow]:
    """Build the rows of these duties, by the name of the organization. Duties to one group under one clause, one after
    another, are one row."""
    rows: dict[tuple[str, str, str], PublicReportRow] = {}
    for duty in duties:
        name, lang = localize_title(duty.names, formats.language)
        clause = localize_title(duty.clause_names, formats.language)[0] or duty.clause
        key = duty.organization, duty.group, duty.clause
        row = rows.setdefault(key, PublicReportRow(name or duty.organization, lang, duty.group, clause))
        for report in duty.reports:
            row.reports.setdefault(report.due_on.year, []).append(_build_cell(report, today, formats))
    return sorted(rows.values(), key=lambda row: (row.name.casefold(), row.group, row.clause))


def _build_cell(report: PublicReport, today: date, formats: Localizer) -> PublicReportCell:
    days = max(0, (today - report.due_on).days) if report.state == "asked" else 0
    due_on, declined_on = (
        formats.format_day(day, weekday=False) if day else "" for day in (report.due_on, report.declined_on)
    )
    kind, words = describe_report(report.state, due_on, declined_on)
    return PublicReportCell("bad" if days else kind, None if days else words, days)
