"""What a Word template has to be before it is stored."""

from collections.abc import Sequence

from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.inspection import DOCX
from app.domain.files.inputs import NewWordTemplate


def require_known_fields(template: NewWordTemplate, known: Sequence[str]) -> None:
    """Raise BadRequest unless the file is a DOCX and all its fields are among `known`."""
    if template.media != DOCX:
        raise BadRequest(_("Upload a Word document (DOCX) as the template."))
    unknown = sorted({name for name, _ignored in template.fields} - {*known})
    if unknown:
        raise BadRequest(
            _(
                "The template contains unknown fields: %(unknown)s. Fields that you can use: %(known)s.",
                unknown=", ".join(f"“{name}”" for name in unknown),
                known=", ".join(known),
            )
        )


def list_field_places(template: NewWordTemplate, name: str) -> Sequence[bool]:
    """Return, for each place of a field, whether it is alone in its paragraph."""
    return [is_alone for field, is_alone in template.fields if field == name]
