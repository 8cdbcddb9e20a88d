"""Invite people to a role before they sign in for the first time, and withdraw an invitation."""

from uuid import UUID

from app.core import clock, journal
from app.core.db import RowLockStrength, WriteSession, lock_row
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.spreadsheets.rows import RowStatus
from app.domain.bodies.models import Body
from app.domain.bodies.rules import END_ACCREDITATION, get_permission_to_accredit
from app.domain.identity.models.tables import Person
from app.domain.invitations import events
from app.domain.invitations.actions.emails import add_invitation_email, cancel_invitation_email
from app.domain.invitations.inputs import NewInvitation
from app.domain.invitations.models import PersonInvitation
from app.domain.invitations.queries import (
    find_open_invitation,
    is_role_held_by_invitation,
    list_admitted_members,
)
from app.domain.invitations.rules import build_invitation_rule_subject, digest_address, has_expired


def invite_person(session: WriteSession, actor: Actor, body: Body, new: NewInvitation) -> PersonInvitation:
    """Invite a person to a role, as they would be accredited: focal points invite delegates of their own entity, the
    secretariat everybody whom the body admits. An e-mail informs the person.

    Raises Forbidden; BadRequest if the body does not admit the entity, the address is the actor's own, or its owner is
    invited to that role already.
    """
    permission = get_permission_to_accredit(new.capacity)
    permission.require(actor, build_invitation_rule_subject(body.id, new))
    lock_row(session, body, RowLockStrength.NO_KEY_UPDATE)  # one at a time, so that no address is invited twice
    if new.entity not in {member.code for member in list_admitted_members(session, body)}:
        raise BadRequest(_("This group does not admit that State or organization. Select another one."))
    digest = digest_address(new.email)
    if digest == digest_address(session.get_one(Person, actor.person).email):
        raise BadRequest(_("This is your own address. You cannot give yourself a role; ask a colleague."))
    _close_expired(session, actor, body.id, new, digest)
    invitation = PersonInvitation(
        body_id=body.id,
        entity=new.entity,
        capacity=new.capacity,
        name=new.name,
        mail_digest=digest,
        from_on=new.from_on,
        until_on=new.until_on,
        invited_by=actor.person,
        invited_at=clock.now(),
    )
    session.add(invitation)
    session.flush()
    add_invitation_email(session, invitation.id, new.email, new.language)
    event = events.PersonInvited(invitation.id, new.entity, new.capacity)
    journal.record_event(session, actor, event, body=body.id)
    return invitation


def import_invitation(session: WriteSession, actor: Actor, body: Body, new: NewInvitation) -> RowStatus:
    """Invite the person of one row of a table, unless they are invited already; an invitation for other days is
    replaced. Returns what the row was. Raises Forbidden; BadRequest as `invite_person`."""
    permission = get_permission_to_accredit(new.capacity)
    permission.require(actor, build_invitation_rule_subject(body.id, new))
    digest = digest_address(new.email)
    earlier = find_open_invitation(session, body.id, new.entity, digest, new.capacity)
    if earlier is None or has_expired(earlier, clock.now()):
        if is_role_held_by_invitation(session, body.id, new.entity, digest, new.capacity):
            return RowStatus.KNOWN
        invite_person(session, actor, body, new)
        return RowStatus.NEW
    if (earlier.from_on, earlier.until_on) == (new.from_on, new.until_on):
        return RowStatus.KNOWN
    withdraw_invitation(session, actor, earlier)
    invite_person(session, actor, body, new)
    return RowStatus.CHANGED


def _close_expired(session: WriteSession, actor: Actor, body_id: UUID, new: NewInvitation, digest: str) -> None:
    """Make room for an invitation after an earlier one to the same role has expired. Raises BadRequest if the earlier
    one can still be accepted."""
    earlier = find_open_invitation(session, body_id, new.entity, digest, new.capacity)
    if earlier is None:
        return
    if not has_expired(earlier, clock.now()):
        raise BadRequest(_("This address is already invited to that role. Withdraw that invitation first."))
    earlier.withdrawn_by, earlier.withdrawn_at = actor.person, clock.now()
    session.flush()


def withdraw_invitation(session: WriteSession, actor: Actor, invitation: PersonInvitation) -> None:
    """Withdraw an invitation: no one receives the role by it after that. Raises Forbidden, Conflict."""
    lock_row(session, invitation)
    is_open = invitation.accepted_at is None and invitation.withdrawn_at is None
    END_ACCREDITATION.require(actor, build_invitation_rule_subject(invitation.body_id, invitation, is_open=is_open))
    invitation.withdrawn_by, invitation.withdrawn_at = actor.person, clock.now()
    cancel_invitation_email(session, invitation.id)
    event = events.InvitationWithdrawn(invitation.id, invitation.entity)
    journal.record_event(session, actor, event, body=invitation.body_id)
