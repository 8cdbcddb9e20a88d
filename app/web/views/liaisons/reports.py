"""Reports of organizations as a table of organizations and years, and expected reports in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.mandates.queries import list_citable_texts
from app.domain.reporting_duties import queries
from app.domain.reporting_duties.inputs import ReportFilter
from app.domain.reporting_duties.models import ExpectedReport, ReportingDuty
from app.domain.reporting_duties.rules import count_days_overdue
from app.http.authentication import EntityName
from app.http.labels import REPORT_STATE_LABELS, describe_report
from app.http.localization import Localizer
from app.web.views.mandates.words import CitedText, name_citation

MOST_YEARS = 6
"""Years that the page has columns for; the CSV file has all."""
CSV_HEADINGS = (
    _("Organization"),
    _("Group"),
    _("Clause"),
    _("Due"),
    _("Status"),
    _("Days overdue"),
    _("Said it will not on"),
    _("Reason"),
)


@dataclass(frozen=True, slots=True)
class ReportCell:
    """An expected report as pages show it: the kind of its tag, its words, and where its page is. An overdue one has no
    words but a number of days."""

    kind: str
    words: LazyText | None
    days_overdue: int
    href: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of the table: what an organization reports to a group under a clause, by the year in which it is due.
    `duty` is the latest duty, of which the page of the row is."""

    organization: LazyText
    group: str
    clause: CitedText | None
    clause_code: str
    duty: UUID
    reports: dict[int, list[ReportCell]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportTable:
    """The table: its years, the latest last, and its rows by the name of the organization."""

    years: Sequence[int]
    rows: Sequence[ReportRow]


def build_report_cell(report: ExpectedReport, today: date, formats: Localizer) -> ReportCell:
    """Say how it is with an expected report."""
    due_on, declined_on = (
        formats.format_day(day, weekday=False) if day else "" for day in (report.due_on, report.declined_on)
    )
    kind, words = describe_report(report.state, due_on, declined_on)
    days = count_days_overdue(report, today)
    return ReportCell("bad" if days else kind, None if days else words, days, f"/expected-reports/{report.id}")


def build_report_table(
    session: ReadSession, actor: Actor, filters: ReportFilter, today: date, formats: Localizer
) -> ReportTable:
    """Build the table of what the actor may see. Duties to one group under one clause, one after another, are one
    row."""
    found = queries.list_report_rows(session, actor, filters)
    cited = name_clauses(session, {duty.clause for duty, _report, _prefix in found}, formats.language)
    rows: dict[tuple[str, str, str], ReportRow] = {}
    for duty, report, prefix in found:
        key = duty.organization, prefix, duty.clause
        name = EntityName(duty.organization)
        row = rows.setdefault(key, ReportRow(name, prefix, cited.get(duty.clause), duty.clause, duty.id))
        if report is not None:
            row.reports.setdefault(report.due_on.year, []).append(build_report_cell(report, today, formats))
    years = sorted({year for row in rows.values() for year in row.reports})
    ordered = sorted(rows.values(), key=lambda row: formats.translate_text(row.organization).casefold())
    return ReportTable(years[-MOST_YEARS:], ordered)


def name_clauses(session: ReadSession, codes: set[str], language: str) -> Mapping[str, CitedText]:
    """Name clauses and mandates by their codes."""
    return {text.code: name_citation(text, language) for text in list_citable_texts(session, codes)} if codes else {}


def list_report_csv_rows(
    session: ReadSession, actor: Actor, filters: ReportFilter, today: date, formats: Localizer
) -> Iterator[Sequence[object]]:
    """Yield the rows of the reports as a table: the headings, then a row for each report."""
    text = formats.translate_text
    found = queries.list_report_rows(session, actor, filters)
    cited = name_clauses(session, {duty.clause for duty, _report, _prefix in found}, formats.language)
    yield [text(heading) for heading in CSV_HEADINGS]
    for duty, report, prefix in found:
        if report is not None:
            yield [
                text(EntityName(duty.organization)),
                prefix,
                _name_clause(duty, cited, formats),
                report.due_on.isoformat(),
                text(REPORT_STATE_LABELS[report.state]),
                count_days_overdue(report, today) or "",
                report.declined_on.isoformat() if report.declined_on else "",
                report.because,
            ]


def _name_clause(duty: ReportingDuty, cited: Mapping[str, CitedText], formats: Localizer) -> str:
    return formats.translate_text(cited[duty.clause].name) if duty.clause in cited else duty.clause
