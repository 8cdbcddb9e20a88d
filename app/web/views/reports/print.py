"""A report as Word document or PDF: everything is loaded first, then the template is filled without a database
connection."""

from dataclasses import dataclass
from functools import cache, partial

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.rendering.template_filling import (
    fill_template_file,
    make_default_template,
)
from app.core.rendering.template_values import (
    DECISION_STYLE,
    PARAGRAPH_STYLE,
    POSITION_STYLE,
    TemplateFilling,
    TemplatePassage,
)
from app.domain.bodies.models import Body
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions.templates import REPORT_FIELD
from app.domain.reports.models import Report, ReportStage
from app.domain.reports.rules.paragraphs import ParagraphKind, load_paragraphs, number_paragraphs
from app.http.localization import Localizer
from app.http.portal_state import PortalState
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.titles import localize_title
from app.web.views.word_templates import create_pdf, explain_rendering_failures, open_template

REPORT_STAGE_LABELS = {
    ReportStage.DRAFT: ("warn", _p("text", "Draft")),
    ReportStage.CIRCULATED: ("info", _("Circulated")),
    ReportStage.ADOPTED: ("good", _("Adopted")),
    ReportStage.REGISTERED: ("good", _("Adopted")),
}
PARAGRAPH_KIND_STYLES = {
    ParagraphKind.HEADING: "Heading 1",
    ParagraphKind.DECISION: DECISION_STYLE,
    ParagraphKind.POSITION: POSITION_STYLE,
}
LAYOUT_FAILED_MESSAGE = _(
    "The report could not be formatted. Try again. If this fails again, the secretariat must change the template."
)


@dataclass(frozen=True, slots=True)
class PrintableReport:
    """A report ready to be rendered; `template` is a SHA-256 digest, None for the default template."""

    name: str
    template: str | None
    filling: TemplateFilling

    @property
    def title(self) -> str:
        """Return the title of the report."""
        return self.filling.texts["title"]


def report_title(meeting: Meeting, body: Body) -> LazyText:
    """Return the title of a meeting's report."""
    return _("Report: %(meeting)s", meeting=format_meeting_name(meeting, body))


def load_printable_report(session: ReadSession, meeting: Meeting, report: Report, symbol: str) -> PrintableReport:
    """Load everything needed to render a report. Raises Conflict if the virus scanner holds the template back."""
    body = session.get_one(Body, meeting.body_id)
    template = queries.find_report_template(session, body.id)
    if template:
        file_queries.require_clean_scans(session, [str(template.sha256)])
    formats = Localizer(report.lang)
    texts: dict[str, LazyText | str] = {
        "organization": _("International Telecommunication Union"),
        "body": localize_title(body.names, report.lang)[0],
        "title": report_title(meeting, body),
        "symbol": symbol,
        "stage": REPORT_STAGE_LABELS[ReportStage(report.stage)][1],
        "revision": _("Revision %(number)s", number=formats.format_number(report.revision)),
        "place": localize_title(meeting.place, report.lang)[0],
        "dates": formats.format_day_range(meeting.opens_on, meeting.closes_on),
    }
    rows = number_paragraphs(load_paragraphs(queries.get_latest_revision(session, report).paragraphs))
    passages = [
        TemplatePassage(
            each.text if number is None else f"{number}.\t{each.text}",
            PARAGRAPH_KIND_STYLES.get(ParagraphKind(each.kind), PARAGRAPH_STYLE),
            each.lang,
        )
        for number, each in rows
    ]
    filling = TemplateFilling(
        report.lang, {name: formats.translate_text(text) for name, text in texts.items()}, REPORT_FIELD, passages
    )
    return PrintableReport(f"{body.prefix}-{meeting.number}-report", template.sha256 if template else None, filling)


def render_report_docx(portal: PortalState, report: PrintableReport) -> bytes:
    """Render the report as a Word document. Raises Unavailable."""
    with (
        explain_rendering_failures(LAYOUT_FAILED_MESSAGE),
        open_template(portal, report.template, build_default_report_template) as template,
    ):
        return fill_template_file(template, report.filling)


def render_report_pdf(portal: PortalState, report: PrintableReport) -> bytes:
    """Render the report as PDF. Raises Unavailable, also where no LibreOffice is installed."""
    missing = _("A PDF cannot be created here. The page contains the same information.")
    return create_pdf(portal, partial(render_report_docx, portal, report), missing, LAYOUT_FAILED_MESSAGE)


@cache
def build_default_report_template() -> bytes:
    """Build the default template; the same bytes as long as this process runs. Raises Unavailable."""
    with explain_rendering_failures(LAYOUT_FAILED_MESSAGE):
        return make_default_template()
