"""The templates of a body's letters of invitation, one for each language: fields, current one, upload, earlier ones."""

from functools import partial

from fastapi import APIRouter, Depends, Response

from app.core.errors import DomainError, NotFound
from app.core.i18n import LANGUAGES, NATIVE_NAMES
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.invitation_letters import actions, queries, rules
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.file_fields import OfferedFile
from app.web.forms.parsing import RejectRepeatedFields
from app.web.forms.template_files import put_offered_template
from app.web.views.meetings.invitation_docx import FIELD_LABELS, build_default_invitation_template
from app.web.views.word_templates import (
    ONLY_DEFAULT,
    WordTemplatePage,
    render_template_page,
    send_template,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TEMPLATE_PATH = "/bodies/{body}/invitation-template/{language}"
PUT_GUARDS = [Depends(SignedInGuard(rules.PUT_INVITATION_TEMPLATE))]


@router.get(TEMPLATE_PATH, dependencies=PUT_GUARDS)
def show_invitation_template(context: ReadContext, body: str, language: str) -> Response:
    """Show the template of a body's letters of invitation in one language."""
    return _render_page(context, _get_body(context, body, language), language)


@router.post(TEMPLATE_PATH, dependencies=PUT_GUARDS)
def upload_invitation_template(context: WriteContext, body: str, language: str, offered_file: OfferedFile) -> Response:
    """Upload a template of letters of invitation. The page explains why a file is refused."""
    body_row = _get_body(context, body, language)
    put = partial(actions.put_invitation_template, context.session, context.actor, body_row, language)
    if refused := put_offered_template(context, body_row.id, offered_file, put):
        return _render_page(context, body_row, language, refused)
    return context.redirect(f"{_get_path(body_row, language)}?done=saved")


@router.post(f"{TEMPLATE_PATH}/drop", dependencies=PUT_GUARDS)
def drop_invitation_template(context: WriteContext, body: str, language: str) -> Response:
    """Remove the body's own template of a language; the default one applies again."""
    body_row = _get_body(context, body, language)
    actions.reset_invitation_template(context.session, context.actor, body_row, language)
    return context.redirect(f"{_get_path(body_row, language)}?done=saved")


@router.get(f"{TEMPLATE_PATH}/file", dependencies=PUT_GUARDS)
def download_invitation_template(context: ReadContext, body: str, language: str, of: str = "") -> Response:
    """Download the current template, or the default one with `?of=default`, to edit it in Word."""
    body_row = _get_body(context, body, language)
    templates = {} if of == ONLY_DEFAULT else queries.find_invitation_templates(context.session, body_row.id)
    default_name = f"{body_row.prefix}-invitation-template_{language.upper()}.docx"
    return send_template(
        context, templates.get(language), partial(build_default_invitation_template, language), default_name
    )


def _get_body(context: ReadContext, code: str, language: str) -> Body:
    """Return a body whose templates the actor may change. Raises NotFound, also for an unknown language."""
    if language not in LANGUAGES:
        raise NotFound()
    return queries.get_body_with_letters(context.session, context.actor, code)


def _get_path(body: Body, language: str) -> str:
    return f"/bodies/{body.code}/invitation-template/{language}"


def _render_page(context: ReadContext, body: Body, language: str, refused: DomainError | None = None) -> Response:
    page = WordTemplatePage(
        here=_get_path(body, language),
        title=_("Template of the letters of invitation"),
        standfirst=_(
            "The letter of invitation to each Member State, in each language. Download the template, edit it in "
            "Word (letterhead, text, signature) and upload it. Fields are replaced in each letter."
        ),
        hint=_(
            "DOCX, up to %(largest)s. The template applies to all letters of invitation that are made from then on.",
            largest=context.localizer.format_size(actions.MAX_TEMPLATE_BYTES),
        ),
        fields=FIELD_LABELS,
        styles={},
        languages=[(_get_path(body, code), NATIVE_NAMES[code], code == language) for code in LANGUAGES],
    )
    return render_template_page(
        context,
        page,
        body,
        queries.find_invitation_templates(context.session, body.id).get(language),
        queries.list_invitation_templates(context.session, body.id, language),
        refused,
    )
