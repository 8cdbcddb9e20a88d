"""The page of a report, for every handler that shows it: as it is, with a paragraph that is edited in its place, or
with the reason why an act was refused."""

from collections.abc import Mapping
from dataclasses import dataclass

from babel.lists import format_list
from fastapi import Response

from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import OutputKind, OutputStatus
from app.domain.outputs.queries import outputs
from app.domain.reports import queries
from app.domain.reports.models import Report, ReportStage, SpeakerAttribution
from app.domain.reports.queries import ParagraphWording
from app.domain.reports.rules import reports
from app.domain.reports.rules.paragraphs import load_paragraphs
from app.http.page_context import ReadContext
from app.web.views.dockets.reports import build_report_docket
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.page import build_report_text
from app.web.views.reports.print import REPORT_STAGE_LABELS
from app.web.views.word_templates import can_create_pdf

ATTRIBUTION_CHOICES = (
    (SpeakerAttribution.NAMED, _("By the name of the State")),
    (SpeakerAttribution.ANONYMOUS, _("As “a Member State”; recorded positions still name the State")),
)
PERMISSION_NAMES = ("DRAFT", "KEEP", "CIRCULATE", "CORRECT", "ANSWER", "COMMENT", "ANSWER_COMMENT", "ADOPT", "REGISTER")


@dataclass(frozen=True, slots=True)
class OpenParagraph:
    """The paragraph that is edited in its place. `typed` is what was typed, None at first; `changed` who saved another
    wording meanwhile and when, if that is why it was refused."""

    key: str
    typed: str | None = None
    changed: ParagraphWording | None = None


def render_report_page(
    context: ReadContext,
    meeting: Meeting,
    refusal: DomainError | None = None,
    *,
    open_paragraph: OpenParagraph | None = None,
) -> Response:
    """Render the current report; `refusal` says why an action was not done."""
    report = queries.find_visible_report(context.session, context.actor, meeting)
    subject = queries.build_rule_subject_of_report(meeting, report, context.actor.entity)
    return context.render(
        "web/reports/show.html",
        status=refusal.status if refusal else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "report", context.language),
        report=report,
        elsewhere=_list_reports_made_elsewhere(context, meeting, report),
        may={name.lower() for name in PERMISSION_NAMES if getattr(reports, name).allows(context.actor, subject)},
        refused=refusal.reason if refusal else None,
        **(_build_report_values(context, meeting, report, subject) if report else _DRAFT_VALUES),
        open_paragraph=open_paragraph,
    )


_DRAFT_VALUES: Mapping[str, object] = {
    "attributions": ATTRIBUTION_CHOICES,
    "default_attribution": SpeakerAttribution.NAMED,
}


def _build_report_values(
    context: ReadContext, meeting: Meeting, report: Report, subject: reports.ReportRuleSubject
) -> dict[str, object]:
    """Build what the page shows of a report that there is."""
    corrections = queries.list_report_corrections(context.session, context.actor, meeting, report)
    comments = queries.list_report_comments(context.session, context.actor, meeting, report)
    paragraphs = load_paragraphs(queries.get_latest_revision(context.session, report).paragraphs)
    is_disputed = queries.has_unanswered_correction(context.session, report)
    due_at, is_open = report.corrections_due_at, report.stage in (ReportStage.DRAFT, ReportStage.CIRCULATED)
    return {
        "text": build_report_text(context.actor, report, paragraphs, corrections, comments),
        "docket": build_report_docket(context.actor, subject, is_disputed=is_disputed),
        "due": context.localizer.format_due(due_at, meeting.zone) if due_at and is_open else None,
        "tag_of": REPORT_STAGE_LABELS[ReportStage(report.stage)],
        "symbol": find_report_symbol(context, report),
        "is_disputed": is_disputed,
        "has_pdf": can_create_pdf(context.portal),
        "template_at": _find_template_address(context, meeting),
    }


def warn_of_other_reports(context: ReadContext, meeting: Meeting, report: Report) -> LazyText | None:
    """Return the warning that the meeting has another report, if it has one that was not drafted on its page."""
    symbols = [symbol for symbol, _path in _list_reports_made_elsewhere(context, meeting, report)]
    if not symbols:
        return None
    return _(
        "This meeting already has a report that was not drafted on this page: %(symbols)s. A meeting has one report.",
        symbols=format_list(symbols, locale=context.localizer.locale),
    )


def _list_reports_made_elsewhere(
    context: ReadContext, meeting: Meeting, report: Report | None
) -> list[tuple[str, str]]:
    """List the symbols and pages of the reports of a meeting that are its outputs, or were registered as documents, and
    were not withdrawn; without what `report`, which was drafted on its page, was registered and adopted as."""
    own = report.document_id if report else None
    adopted = outputs.list_outputs_adopted_by_meeting(context.session, context.actor, meeting)
    in_force = [
        each
        for each in adopted
        if each.kind == OutputKind.REPORT
        and each.status != OutputStatus.WITHDRAWN
        and (own is None or own not in {source.id for source in outputs.list_source_documents(context.session, each)})
    ]
    registered = documents.list_documents_of_kind(
        context.session, context.actor, body_id=meeting.body_id, scope=str(meeting.number), kind=OutputKind.REPORT
    )
    return [(each.symbol or "", f"/outputs/{each.id}") for each in in_force] + [
        (each.symbol, f"/documents/{each.id}") for each in registered if each.id != own
    ]


def _find_template_address(context: ReadContext, meeting: Meeting) -> str:
    """Return the page of the report template for those who may change it, otherwise ""."""
    if not reports.PUT_TEMPLATE.allows(context.actor, EntityInBody(meeting.body_id)):
        return ""
    return f"/bodies/{context.session.get_one(Body, meeting.body_id).code}/report-template"


def find_report_symbol(context: ReadContext, report: Report) -> str:
    """Find the symbol of the document that the report was registered as; empty before, or without access to it."""
    if report.document_id is None:
        return ""
    rows = documents.list_documents_by_id(context.session, context.actor, [report.document_id])
    return next((row.symbol for row in rows), "")
