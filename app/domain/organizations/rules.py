"""Permissions to see and edit the register of organizations."""

from collections.abc import Mapping

from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule
from app.domain.bodies.rules import is_secretary_anywhere
from app.domain.identity.rules import has_signed_in
from app.domain.organizations.models import Organization


@access_rule(_("it has not ended"), denied_because=_("This organization has already been ended."))
def is_organization_in_force(actor: Actor, subject: Organization) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.until_on is None


@access_rule(_("it was ended"), denied_because=_("This organization is already in force."))
def is_organization_ended(actor: Actor, subject: Organization) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.until_on is not None


SEE = Permission("organization:see", _("See the register of organizations"), has_signed_in)
EDIT = Permission("organization:keep", _("Add an organization, or change its entry"), is_secretary_anywhere)
END: Permission[Organization] = Permission(
    "organization:end", _("End an organization in the register"), is_secretary_anywhere, is_organization_in_force
)
RESTORE: Permission[Organization] = Permission(
    "organization:restore", _("Put an ended organization in force again"), is_secretary_anywhere, is_organization_ended
)


def choose_name(names: Mapping[str, str], language: str) -> str | None:
    """Return the name in this language, otherwise in the first official language that has one; None without names."""
    return next((names[each] for each in (language, "en", "fr", "es", *LANGUAGES) if names.get(each)), None)
