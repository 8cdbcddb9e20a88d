"""Word templates that are uploaded: storing one, and reading its fields."""

from collections.abc import Callable
from tempfile import TemporaryFile
from uuid import UUID

from app.core.errors import BadRequest, DomainError, PayloadTooLarge, Unavailable
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX
from app.core.journal import savepoint
from app.core.rendering.template_filling import RenderingBusy, RenderingError, read_template_fields
from app.domain.files.inputs import NewWordTemplate
from app.http.page_context import WriteContext
from app.http.portal_state import PortalState
from app.web.forms.file_fields import (
    AcceptedFile,
    OfferedFile,
    mark_accepted_upload_as_used,
    require_and_store_file,
)

BUSY_MESSAGE = _("Other documents are being formatted first. Try again in a moment.")


def put_offered_template(
    context: WriteContext, body_id: UUID, offered_file: OfferedFile, put: Callable[[NewWordTemplate], object]
) -> DomainError | None:
    """Store a template that was uploaded for a body and `put` it; return why it is refused, for its page to explain.

    Nothing is raised for a file that is refused (BadRequest and PayloadTooLarge are caught).
    """
    try:
        accepted_file = require_and_store_file(context, body_id, offered_file)
        template = _read_word_template(context.portal, accepted_file)
        with savepoint(context.session):
            put(template)
    except (BadRequest, PayloadTooLarge) as error:
        return error
    mark_accepted_upload_as_used(context.session, context.actor, accepted_file)
    return None


def _read_word_template(portal: PortalState, accepted_file: AcceptedFile) -> NewWordTemplate:
    """Read the fields of a Word file outside any transaction; a PDF has none. Raises BadRequest if they cannot be
    read, Unavailable if they were not."""
    file_facts = accepted_file.file
    fields: list[tuple[str, bool]] = []
    if file_facts.kind == DOCX:
        with TemporaryFile() as template:
            template.writelines(portal.store.iter_chunks(file_facts.sha256))
            template.seek(0)
            try:
                fields = read_template_fields(template)
            except RenderingBusy:
                raise Unavailable(BUSY_MESSAGE) from None
            except RenderingError:
                raise BadRequest(
                    _("The fields of this file cannot be read. Save the file again with Word, then upload it.")
                ) from None
    return NewWordTemplate(
        sha256=file_facts.sha256,
        size=file_facts.size,
        media=file_facts.kind,
        name=file_facts.offered_name,
        fields=tuple(fields),
    )
