"""Permissions to see and keep the register of mandates and action lines."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule
from app.domain.bodies.rules import is_secretary_anywhere
from app.domain.identity.rules import has_signed_in
from app.domain.mandates.models import Clause, Mandate


@access_rule(_("it can be cited"), denied_because=_("This has been retired. Restore it first."))
def is_not_retired(actor: Actor, subject: Mandate | Clause | None) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject is None or subject.retired_at is None


@access_rule(_("it was retired"), denied_because=_("This can already be cited."))
def is_retired(actor: Actor, subject: Mandate | Clause) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.retired_at is not None


SEE = Permission("mandate:see", _("See the register of mandates and action lines"), has_signed_in)
EDIT: Permission[Mandate | Clause | None] = Permission(
    "mandate:keep", _("Keep the register of mandates and action lines"), is_secretary_anywhere, is_not_retired
)
RETIRE: Permission[Mandate | Clause] = Permission(
    "mandate:retire", _("Retire a mandate or a clause"), is_secretary_anywhere, is_not_retired
)
RESTORE: Permission[Mandate | Clause] = Permission(
    "mandate:restore", _("Make a retired mandate or clause available again"), is_secretary_anywhere, is_retired
)
