"""Word templates that are uploaded: reading the fields of one."""

from tempfile import TemporaryFile

from app.core.errors import BadRequest, Unavailable
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX
from app.core.rendering.template_filling import RenderingBusy, RenderingError, read_template_fields
from app.domain.files.inputs import NewWordTemplate
from app.http.portal_state import PortalState
from app.web.forms.file_fields import AcceptedFile

BUSY_MESSAGE = _("Other documents are being formatted first. Try again in a moment.")


def read_word_template(portal: PortalState, accepted_file: AcceptedFile) -> NewWordTemplate:
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
