"""Who may see the statistics of a meeting."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission, any_of
from app.domain.bodies.rules import BelongsToBody, is_chair, is_secretary

SEE: Permission[BelongsToBody] = Permission(
    "statistics:see", _("See the statistics of a meeting’s contributions"), any_of(is_secretary, is_chair)
)
