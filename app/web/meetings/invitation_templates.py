"""The templates of a body's letters of invitation, one for each language: fields, current one, upload, earlier ones."""

from fastapi import APIRouter, Depends, Response

from app.core.errors import BadRequest, DomainError, NotFound, PayloadTooLarge
from app.core.i18n import LANGUAGES, NATIVE_NAMES
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX
from app.core.journal import savepoint
from app.domain.bodies.models import Body
from app.domain.files import queries as file_queries
from app.domain.invitation_letters import actions, queries, rules
from app.http.authentication import SignedInGuard
from app.http.downloads import PRIVATE_CACHE, attachment_response, download_response
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.file_fields import (
    OfferedFile,
    describe_file_refusal,
    mark_accepted_upload_as_used,
    require_and_store_file,
)
from app.web.forms.parsing import RejectRepeatedFields
from app.web.forms.template_files import read_word_template
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.invitation_docx import FIELD_LABELS, build_default_invitation_template
from app.web.views.word_templates import WordTemplatePage

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TEMPLATE_PATH = "/bodies/{body}/invitation-template/{language}"
PUT_GUARDS = [Depends(SignedInGuard(rules.PUT_INVITATION_TEMPLATE))]


@router.get(TEMPLATE_PATH, dependencies=PUT_GUARDS)
def show_invitation_template(context: ReadContext, body: str, language: str) -> Response:
    """Show the template of a body's letters of invitation in one language."""
    return _render_page(context, _get_body(context, body, language), language)


@router.post(TEMPLATE_PATH, dependencies=PUT_GUARDS)
def upload_invitation_template(context: WriteContext, body: str, language: str, offered_file: OfferedFile) -> Response:
    """Upload a template of letters of invitation. The page explains why a file is refused; nothing is raised
    (BadRequest and PayloadTooLarge are caught)."""
    body_row = _get_body(context, body, language)
    try:
        accepted_file = require_and_store_file(context, body_row.id, offered_file)
        template = read_word_template(context.portal, accepted_file)
        with savepoint(context.session):
            actions.put_invitation_template(context.session, context.actor, body_row, language, template)
    except (BadRequest, PayloadTooLarge) as error:
        return _render_page(context, body_row, language, error)
    mark_accepted_upload_as_used(context.session, context.actor, accepted_file)
    return context.redirect(f"{_get_path(body_row, language)}?done=saved")


@router.post(f"{TEMPLATE_PATH}/drop", dependencies=PUT_GUARDS)
def drop_invitation_template(context: WriteContext, body: str, language: str) -> Response:
    """Remove the body's own template of a language; the default one applies again."""
    body_row = _get_body(context, body, language)
    actions.reset_invitation_template(context.session, context.actor, body_row, language)
    return context.redirect(f"{_get_path(body_row, language)}?done=saved")


@router.get(f"{TEMPLATE_PATH}/file", dependencies=PUT_GUARDS)
def download_invitation_template(context: ReadContext, body: str, language: str, of: str = "") -> Response:
    """Download the current template, or the default one with `?of=house`, to edit it in Word."""
    body_row = _get_body(context, body, language)
    templates = {} if of == "house" else queries.find_invitation_templates(context.session, body_row.id)
    template = templates.get(language)
    if template is None:
        name = f"{body_row.prefix}-invitation-template_{language.upper()}.docx"
        return attachment_response(build_default_invitation_template(language), DOCX, name)
    file_queries.require_clean_scans(context.session, [str(template.sha256)])
    return download_response(
        context.request,
        context.portal.store,
        sha256=str(template.sha256),
        media_type=DOCX,
        name=template.name,
        cache_control=PRIVATE_CACHE,
    )


def _get_body(context: ReadContext, code: str, language: str) -> Body:
    """Return a body whose templates the actor may change. Raises NotFound, also for an unknown language."""
    if language not in LANGUAGES:
        raise NotFound()
    return queries.get_body_with_letters(context.session, context.actor, code)


def _get_path(body: Body, language: str) -> str:
    return f"/bodies/{body.code}/invitation-template/{language}"


def _render_page(context: ReadContext, body: Body, language: str, refused: DomainError | None = None) -> Response:
    current = queries.find_invitation_templates(context.session, body.id)
    return context.render(
        "web/word_template.html",
        status=refused.status if refused else 200,
        page=WordTemplatePage(
            here=_get_path(body, language),
            title=_("Template of the letters of invitation"),
            standfirst=_(
                "The letter of invitation to each Member State, in each language. Download the template, edit it in "
                "Word (letterhead, text, signature) and upload it. Fields are replaced in each letter."
            ),
            hint=_(
                "DOCX, up to %(largest)s. The template applies to all letters of invitation that are made from "
                "then on.",
                largest=context.localizer.format_size(actions.MAX_TEMPLATE_BYTES),
            ),
            fields=FIELD_LABELS,
            styles={},
            languages=[(_get_path(body, code), NATIVE_NAMES[code], code == language) for code in LANGUAGES],
        ),
        body=body,
        body_name=localize_title(body.names, context.language),
        now=current.get(language),
        before=queries.list_invitation_templates(context.session, body.id, language),
        refused=describe_file_refusal(refused),
    )
