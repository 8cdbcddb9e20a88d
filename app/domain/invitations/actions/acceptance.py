"""Accept the invitations of a person who signs in: the system acts, for the provider has said who the person is."""

from collections.abc import Sequence

from sqlalchemy import any_, literal, select

from app.core import clock, journal
from app.core.db import WriteSession, add_row_lock, set_row_security_entity
from app.domain.bodies.actions.grants import grant_accreditation, select_overlapping_accreditations
from app.domain.bodies.models import Accreditation, Body
from app.domain.identity.models.claims import Claims
from app.domain.identity.models.tables import Person
from app.domain.invitations import events
from app.domain.invitations.actions.emails import cancel_invitation_email
from app.domain.invitations.models import PersonInvitation
from app.domain.invitations.rules import build_open_condition, digest_address


def accept_invitations(session: WriteSession, person: Person, claims: Claims) -> list[Accreditation]:
    """Give a person who signs in the roles to which their verified address is invited, for the entity that they belong
    to; returns the accreditations. The person is locked. Nothing is given for an address that is not verified."""
    if not claims.is_email_verified:
        return []
    invitations = _lock_invitations(session, person, claims)
    if invitations:
        set_row_security_entity(session, person.entity)  # requests for accreditation are read as the person reads them
    return [_accept_invitation(session, person, invitation) for invitation in invitations]


def _lock_invitations(session: WriteSession, person: Person, claims: Claims) -> Sequence[PersonInvitation]:
    """Find the open invitations to the address of these claims and lock them, but for those that the person made
    themselves: people give themselves no role."""
    statement = (
        select(PersonInvitation)
        .join(Body, Body.id == PersonInvitation.body_id)
        .where(
            PersonInvitation.mail_digest == digest_address(claims.email),
            PersonInvitation.entity == claims.entity,
            PersonInvitation.invited_by != person.id,
            literal(str(claims.membership)) == any_(Body.admits),
            build_open_condition(clock.now()),
        )
        .order_by(PersonInvitation.id)
    )
    return session.scalars(add_row_lock(statement, only=PersonInvitation)).all()


def _accept_invitation(session: WriteSession, person: Person, invitation: PersonInvitation) -> Accreditation:
    """Give the role, unless the person has it already, and close the invitation."""
    accreditation = _find_overlapping(session, person, invitation)
    if accreditation is None:
        accreditation = grant_accreditation(
            session, None, person, invitation.body_id, invitation, by=invitation.invited_by
        )
    invitation.accepted_at, invitation.accreditation_id = clock.now(), accreditation.id
    cancel_invitation_email(session, invitation.id)
    event = events.InvitationAccepted(invitation.id, accreditation.id, person.id)
    journal.record_event(session, None, event, body=invitation.body_id)
    return accreditation


def _find_overlapping(session: WriteSession, person: Person, invitation: PersonInvitation) -> Accreditation | None:
    """Find the same role of the person on some of the days of the invitation."""
    overlapping = select_overlapping_accreditations(person.id, invitation.body_id, invitation)
    return session.scalars(overlapping.where(Accreditation.entity == invitation.entity).limit(1)).first()
