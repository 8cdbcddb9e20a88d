"""The source of a document in words: its State, or the secretariat at the request of that State."""

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.http.authentication import EntityName


def name_source(entity: str, at_request: bool | None) -> LazyText:
    """Return the source of a text in words. `at_request` is that of its document or edition."""
    name = EntityName(entity)
    return _("Submitted by the secretariat at the request of %(state)s", state=name) if at_request else name
