"""Permissions of people over their own sessions, dashboard and calendar address."""

from typing import Protocol
from uuid import UUID

from app.core.access import Actor, Permission, rule
from app.core.i18n import say


class OfPerson(Protocol):
    """A subject that belongs to one person."""

    @property
    def person_id(self) -> UUID: ...


@rule(say("is the person themselves"), unless=say("This belongs to somebody else."))
def is_own(actor: Actor, subject: OfPerson) -> bool:
    return actor.person == subject.person_id


@rule(say("has signed in"), unless=say("Sign in first."))
def has_signed_in(actor: Actor, subject: object) -> bool:  # noqa: ARG001 - a rule has two arguments
    return True


SEE_OWN_DESK = Permission("desk:see", say("See one's own desk, sessions and seats, and the help pages"), has_signed_in)
KEEP_CALENDAR = Permission(
    "calendar:keep", say("Make, renew and revoke the secret address of one's own calendar"), has_signed_in
)
END_SESSION = Permission("session:end", say("End one's own sessions"), is_own)
