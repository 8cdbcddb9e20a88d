"""Enter the key and the inbox of an organization, confirm them as another secretary, decline them, or revoke them.

The row of the organization is locked first: its keys change one after another.
"""

from uuid import uuid4

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.signing import PublicKey
from app.core.validation import ReasonInput
from app.domain.bodies.rules import choose_served_body
from app.domain.organization_inboxes import events, queries, rules
from app.domain.organization_inboxes.inputs import NewInbox
from app.domain.organization_inboxes.models import OrganizationInbox
from app.domain.organizations.models import Organization

KEY_OF_ANOTHER = _("Another organization has this key. Enter the key of this one.")


def propose_inbox(session: WriteSession, actor: Actor, organization: Organization, new: NewInbox) -> OrganizationInbox:
    """Enter the key and the inbox of an organization; they count once another secretary confirms them.

    Raises Conflict while others wait to be confirmed, BadRequest for a key of another organization.
    """
    lock_row(session, organization)
    rules.PROPOSE.require(actor, organization)
    if any(each.is_open for each in queries.list_current_inboxes(session, actor, organization.code)):
        raise Conflict(_("A key of this organization is already pending: a second secretary has to confirm it."))
    if queries.has_key_of_another(session, organization.code, new.public_key):
        raise BadRequest(KEY_OF_ANOTHER)
    inbox = OrganizationInbox(
        id=uuid4(),
        organization=organization.code,
        public_key=new.public_key,
        address=new.address or "",
        proposed_by=actor.person,
        proposed_at=clock.now(),
    )
    session.add(inbox)
    session.flush()
    event = events.InboxProposed(inbox.organization, inbox.id, _name_key(inbox), rules.compute_inbox_digest(inbox))
    journal.record_event(session, actor, event, body=choose_served_body(actor))
    return inbox


def confirm_inbox(session: WriteSession, actor: Actor, inbox: OrganizationInbox) -> None:
    """Confirm a key and inbox that another secretary entered; those in force until now are replaced. Raises Conflict
    for the key of another organization."""
    lock_row(session, session.get_one(Organization, inbox.organization))
    lock_row(session, inbox)
    rules.CONFIRM.require(actor, rules.build_inbox_rule_subject(inbox))
    if queries.has_key_of_another(session, inbox.organization, inbox.public_key):
        raise Conflict(KEY_OF_ANOTHER)
    for earlier in queries.list_current_inboxes(session, actor, inbox.organization):
        if earlier.is_in_force:
            _end(actor, earlier, "")
            event = events.InboxRevoked(earlier.organization, earlier.id, _name_key(earlier), replaced=True)
            journal.record_event(session, actor, event, body=choose_served_body(actor))
    session.flush()
    inbox.confirmed_by, inbox.confirmed_at = actor.person, clock.now()
    confirmed = events.InboxConfirmed(inbox.organization, inbox.id, _name_key(inbox), rules.compute_inbox_digest(inbox))
    journal.record_event(session, actor, confirmed, body=choose_served_body(actor))


def decline_inbox(session: WriteSession, actor: Actor, inbox: OrganizationInbox, because: ReasonInput) -> None:
    """Decline a key and inbox, or take one's own entry back; the reason stays on record."""
    lock_row(session, inbox)
    rules.DECLINE.require(actor, rules.build_inbox_rule_subject(inbox))
    _end(actor, inbox, because.reason)
    event = events.InboxDeclined(inbox.organization, inbox.id, _name_key(inbox))
    journal.record_event(session, actor, event, body=choose_served_body(actor))


def revoke_inbox(session: WriteSession, actor: Actor, inbox: OrganizationInbox, because: ReasonInput) -> None:
    """Revoke the key of an organization: from now on nothing that it signs is taken in, and nothing is sent to it."""
    lock_row(session, inbox)
    rules.REVOKE.require(actor, rules.build_inbox_rule_subject(inbox))
    _end(actor, inbox, because.reason)
    event = events.InboxRevoked(inbox.organization, inbox.id, _name_key(inbox), replaced=False)
    journal.record_event(session, actor, event, body=choose_served_body(actor))


def _end(actor: Actor, inbox: OrganizationInbox, because: str) -> None:
    inbox.ended_by, inbox.ended_at, inbox.because = actor.person, clock.now(), because


def _name_key(inbox: OrganizationInbox) -> str:
    return PublicKey.parse(inbox.public_key).id
