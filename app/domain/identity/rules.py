"""Permissions of people over their own sessions, dashboard, time zone and calendar address."""

from typing import Protocol
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule


class BelongsToPerson(Protocol):
    """A subject that belongs to one person."""

    @property
    def person_id(self) -> UUID: ...


@access_rule(_("is the person themselves"), denied_because=_("This belongs to another person."))
def is_own(actor: Actor, subject: BelongsToPerson) -> bool:
    return actor.person == subject.person_id


@access_rule(_("has signed in"), denied_because=_("Sign in first."))
def has_signed_in(actor: Actor, subject: object) -> bool:  # noqa: ARG001 - a rule has two arguments
    return True


SEE_OWN_DASHBOARD = Permission(
    "desk:see", _("See one’s own desk, sessions and roles, and the help pages"), has_signed_in
)
MANAGE_CALENDAR_ADDRESS = Permission(
    "calendar:keep", _("Create, renew and revoke the private link to one’s own calendar"), has_signed_in
)
CHOOSE_TIME_ZONE = Permission("zone:choose", _("Choose one’s own time zone"), has_signed_in)
KEEP_FILTER = Permission("filter:keep", _("Save and delete one’s own filters of lists"), has_signed_in)
END_SESSION = Permission("session:end", _("End one's own sessions"), is_own)
