"""Permissions for translations that are due. To add one is an act on its document or output, with its own rule."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission
from app.domain.bodies.rules import EntityInBody, is_secretary

ASSIGN: Permission[EntityInBody] = Permission("translation:assign", _("Assign translations that are due"), is_secretary)
RECEIVE: Permission[EntityInBody] = Permission(
    "translation:receive", _("Upload many translations at once, matched by their file names"), is_secretary
)
ADD: Permission[EntityInBody] = Permission(
    "translation:add", _("Add many uploaded translations at once"), is_secretary, is_irreversible=True
)
