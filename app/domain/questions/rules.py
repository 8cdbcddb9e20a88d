"""The permission to keep the Questions of a body. Who may see the body sees its Questions."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission
from app.domain.bodies.rules import BelongsToBody, is_secretary

KEEP_QUESTIONS: Permission[BelongsToBody] = Permission(
    "question:keep", _("Add or change a Question of a body"), is_secretary, begins_in_body=True
)
