"""The report template of a body: its fields and styles, the current one, uploading another, and earlier ones."""

from fastapi import APIRouter, Depends, Response

from app.core.errors import BadRequest, DomainError, PayloadTooLarge
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX
from app.core.journal import savepoint
from app.core.rendering.template_values import DECISION_STYLE, PARAGRAPH_STYLE, POSITION_STYLE
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.rules import EntityInBody
from app.domain.files import queries as file_queries
from app.domain.reports import queries
from app.domain.reports.actions import templates
from app.domain.reports.rules import reports
from app.http.authentication import SignedInGuard
from app.http.downloads import PRIVATE_CACHE, attachment_response, download_response
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.file_fields import (
    OfferedFile,
    describe_file_refusal,
    get_max_file_size,
    mark_accepted_upload_as_used,
    require_and_store_file,
)
from app.web.forms.parsing import RejectRepeatedFields
from app.web.forms.template_files import read_word_template
from app.web.views.documents.titles import localize_title
from app.web.views.reports.print import build_default_report_template
from app.web.views.word_templates import WordTemplatePage

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
    """Upload a report template. The page explains why a file is refused; nothing is raised (BadRequest and
    PayloadTooLarge are caught)."""
    body_row = _get_body(context, body)
    try:
        accepted_file = require_and_store_file(context, body_row.id, offered_file)
        template = read_word_template(context.portal, accepted_file)
        with savepoint(context.session):
            templates.put_report_template(context.session, context.actor, body_row, template)
    except (BadRequest, PayloadTooLarge) as error:
        return _render_page(context, body_row, error)
    mark_accepted_upload_as_used(context.session, context.actor, accepted_file)
    return context.redirect(f"/bodies/{body_row.code}/report-template?done=saved")


@router.post(f"{REPORT_TEMPLATE_PATH}/drop", dependencies=PUT_TEMPLATE_GUARDS)
def drop_report_template(context: WriteContext, body: str) -> Response:
    """Remove the body's own template; the default one applies again."""
    body_row = _get_body(context, body)
    templates.reset_report_template(context.session, context.actor, body_row)
    return context.redirect(f"/bodies/{body_row.code}/report-template?done=saved")


@router.get(f"{REPORT_TEMPLATE_PATH}/file", dependencies=PUT_TEMPLATE_GUARDS)
def download_report_template(context: ReadContext, body: str, of: str = "") -> Response:
    """Download the current template, or the default one with `?of=house`, to edit it in Word."""
    body_row = _get_body(context, body)
    template = None if of == "house" else queries.find_report_template(context.session, body_row.id)
    if template is None:
        return attachment_response(build_default_report_template(), DOCX, f"{body_row.prefix}-report-template.docx")
    file_queries.require_clean_scans(context.session, [str(template.sha256)])
    return download_response(
        context.request,
        context.portal.store,
        sha256=str(template.sha256),
        media_type=DOCX,
        name=template.name,
        cache_control=PRIVATE_CACHE,
    )


def _get_body(context: ReadContext, code: str) -> Body:
    """Return a body whose template the actor may change. Raises NotFound, Forbidden."""
    body = get_visible_body(context.session, context.actor, code)
    reports.PUT_TEMPLATE.require(context.actor, EntityInBody(body.id))
    return body


def _render_page(context: ReadContext, body: Body, refused: DomainError | None = None) -> Response:
    return context.render(
        "web/word_template.html",
        status=refused.status if refused else 200,
        page=WordTemplatePage(
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
        ),
        body=body,
        body_name=localize_title(body.names, context.language),
        now=queries.find_report_template(context.session, body.id),
        before=queries.list_report_templates(context.session, body.id),
        refused=describe_file_refusal(refused),
    )
