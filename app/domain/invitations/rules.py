"""When an invitation can still be accepted, and the subject of its permissions: those of accreditations."""

from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_

from app.core.hashing import hash_secret
from app.domain.bodies.rules import AccreditationOrOffice
from app.domain.invitations.models import PersonInvitation

INVITATION_LIFETIME = timedelta(days=90)
"""Time within which an invited person has to sign in; a role that ends earlier ends the invitation too."""
UNKNOWN_PERSON = UUID(int=0)
"""The person of an invitation, for permissions, until they sign in."""


def find_start_of_day(moment: datetime) -> datetime:
    """Return the beginning of the day of an instant: an invitation can be accepted throughout its last day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


class RoleForEntity(Protocol):
    """A role for an entity, which an invitation gives."""

    @property
    def entity(self) -> str: ...

    @property
    def capacity(self) -> str: ...


def build_invitation_rule_subject(body_id: UUID, role: RoleForEntity, *, is_open: bool = True) -> AccreditationOrOffice:
    """Build the subject of the permissions of accreditations from a role for a person who is not known yet."""
    return AccreditationOrOffice(body_id, role.entity, UNKNOWN_PERSON, role.capacity, is_open=is_open)


def digest_address(address: str) -> str:
    """Return the digest of an e-mail address by which an invitation is found, whatever its capitals are."""
    return hash_secret(address.strip().casefold())


def calculate_last_day(invitation: PersonInvitation) -> date:
    """Return the last day on which an invitation can be accepted."""
    return min(invitation.until_on, (invitation.invited_at + INVITATION_LIFETIME).date())


def has_expired(invitation: PersonInvitation, moment: datetime) -> bool:
    """Return whether an invitation that is still open cannot be accepted any more."""
    return calculate_last_day(invitation) < moment.date()


def build_open_condition(moment: datetime) -> ColumnElement[bool]:
    """SQL condition: an invitation was neither accepted nor withdrawn, and has not expired."""
    return and_(
        PersonInvitation.accepted_at.is_(None),
        PersonInvitation.withdrawn_at.is_(None),
        PersonInvitation.until_on >= moment.date(),
        PersonInvitation.invited_at >= find_start_of_day(moment) - INVITATION_LIFETIME,
    )
