"""Permission to see the outbox of a body."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission
from app.domain.bodies.rules import EntityInBody, is_secretary

SEE_OUTBOX: Permission[EntityInBody] = Permission(
    "outbox:see", _("View the e-mails sent to members of the body, and what became of each"), is_secretary
)
