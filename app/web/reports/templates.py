"""The report template of a body: its fields and styles, the current one, uploading another, and earlier ones."""

from functools import partial

from fastapi import APIRouter, Depends, Response

from app.core.errors import DomainError
from app.core.i18n import lazy_gettext as _
from app.core.rendering.template_values import DECISION_STYLE, PARAGRAPH_STYLE, POSITION_STYLE
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.rules import EntityInBody
from app.domain.reports import queries
from app.domain.reports.actions import templates
from app.domain.reports.rules import reports
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.file_fields import OfferedFile, get_max_file_size
from app.web.forms.parsing import RejectRepeatedFields
from app.web.forms.template_files import put_offered_template
from app.web.views.reports.print import build_default_report_template
from app.web.views.word_templates import (
    ONLY_DEFAULT,
    WordTemplatePage,
    render_template_page,
    send_template,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

REPORT_TEMPLATE_PATH = "/bodies/{body}/report-template"
PUT_TEMPLATE_GUARDS = [Depends(SignedInGuard(reports.PUT_TEMPLATE))]
TEMPLATE_FIELD_LABELS = {
    templates.REPORT_FIELD: _("All paragraphs of the report. Use this field once, in a separate paragraph."),
    "organization": _("The name of ITU"),
    "body": _("The name of the group"),
    "title": _("The title of the report"),
    "symbol": _("The symbol of the report. Until there is one, a line that contains only this field is left out."),
    "stage": _("Draft, circulated or adopted"),
    "revision": _("The number of the revision"),
    "place": _("The place of the meeting"),
    "dates": _("The dates of the meeting"),
}
TEMPLATE_STYLE_LABELS = {
    "Heading 1": _("Headings: agenda items and the like"),
    PARAGRAPH_STYLE: _("Numbered paragraphs"),
    DECISION_STYLE: _("The text of a decision"),
    POSITION_STYLE: _("The recorded position of a State"),
}


@router.get(REPORT_TEMPLATE_PATH, dependencies=PUT_TEMPLATE_GUARDS)
def show_report_template(context: ReadContext, body: str) -> Response:
    """Show the report template of a body."""
    body_row = _get_body(context, body)
    return _render_page(context, body_row)


@router.post(REPORT_TEMPLATE_PATH, dependencies=PUT_TEMPLATE_GUARDS)
def upload_report_template(context: WriteContext, body: str, offered_file: OfferedFile) -> Response:
    """Upload a report template. The page explains why a file is refused."""
    body_row = _get_body(context, body)
    put = partial(templates.put_report_template, context.session, context.actor, body_row)
    if refused := put_offered_template(context, body_row.id, offered_file, put):
        return _render_page(context, body_row, refused)
    return context.redirect(f"/bodies/{body_row.code}/report-template?done=saved")


@router.post(f"{REPORT_TEMPLATE_PATH}/drop", dependencies=PUT_TEMPLATE_GUARDS)
def drop_report_template(context: WriteContext, body: str) -> Response:
    """Remove the body's own template; the default one applies again."""
    body_row = _get_body(context, body)
    templates.reset_report_template(context.session, context.actor, body_row)
    return context.redirect(f"/bodies/{body_row.code}/report-template?done=saved")


@router.get(f"{REPORT_TEMPLATE_PATH}/file", dependencies=PUT_TEMPLATE_GUARDS)
def download_report_template(context: ReadContext, body: str, of: str = "") -> Response:
    """Download the current template, or the default one with `?of=default`, to edit it in Word."""
    body_row = _get_body(context, body)
    template = None if of == ONLY_DEFAULT else queries.find_report_template(context.session, body_row.id)
    return send_template(context, template, build_default_report_template, f"{body_row.prefix}-report-template.docx")


def _get_body(context: ReadContext, code: str) -> Body:
    """Return a body whose template the actor may change. Raises NotFound, Forbidden."""
    body = get_visible_body(context.session, context.actor, code)
    reports.PUT_TEMPLATE.require(context.actor, EntityInBody(body.id))
    return body


def _render_page(context: ReadContext, body: Body, refused: DomainError | None = None) -> Response:
    page = WordTemplatePage(
        here=f"/bodies/{body.code}/report-template",
        title=_("Report template"),
        standfirst=_(
            "The layout of meeting reports in Word and PDF. Download the template, edit it in Word (letterhead, "
            "fonts, text before and after the report) and upload it."
        ),
        hint=_(
            "DOCX, up to %(largest)s. The template applies to all reports from then on, including those already "
            "written.",
            largest=context.localizer.format_size(get_max_file_size(context, body.id)),
        ),
        fields=TEMPLATE_FIELD_LABELS,
        styles=TEMPLATE_STYLE_LABELS,
    )
    return render_template_page(
        context,
        page,
        body,
        queries.find_report_template(context.session, body.id),
        queries.list_report_templates(context.session, body.id),
        refused,
    )
