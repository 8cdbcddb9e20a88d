"""Permission to see the health of the system: for secretaries, who would call the operator."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission
from app.domain.bodies.rules import is_secretary_anywhere

SEE = Permission("house:see", _("View the system status"), is_secretary_anywhere)
