"""Queries for keys and inboxes of organizations, which secretaries see, and for the one that counts now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, false, or_, select

from app.core import clock
from app.core.db import ReadSession, add_row_lock
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.rules import serves_body_in_force
from app.domain.organization_inboxes.models import OrganizationInbox
from app.domain.organizations.models import Organization

IS_IN_FORCE = OrganizationInbox.confirmed_at.is_not(None) & OrganizationInbox.ended_at.is_(None)


def select_inboxes(actor: Actor) -> Select[OrganizationInbox]:
    """Select the keys and inboxes, the latest first, for every secretary of a body in force; none for others."""
    statement = select(OrganizationInbox).order_by(OrganizationInbox.proposed_at.desc(), OrganizationInbox.id)
    return statement if serves_body_in_force(actor) else statement.where(false())


def select_inboxes_to_confirm(actor: Actor) -> Select[OrganizationInbox, Organization]:
    """Select those that the actor could confirm, with their organizations, the oldest first."""
    waiting = (
        select(OrganizationInbox, Organization)
        .join(Organization, Organization.code == OrganizationInbox.organization)
        .where(
            OrganizationInbox.confirmed_at.is_(None),
            OrganizationInbox.ended_at.is_(None),
            OrganizationInbox.proposed_by != actor.person,
        )
        .order_by(OrganizationInbox.proposed_at, OrganizationInbox.id)
    )
    return waiting if serves_body_in_force(actor) else waiting.where(false())


def get_inbox(session: ReadSession, actor: Actor, inbox_id: UUID, *, lock: bool = False) -> OrganizationInbox:
    """Return a key and inbox that the actor may see; with `lock`, locked until the transaction ends. Raises
    NotFound."""
    statement = select_inboxes(actor).where(OrganizationInbox.id == inbox_id)
    inbox = session.scalar(add_row_lock(statement) if lock else statement)
    if inbox is None:
        raise NotFound()
    return inbox


def list_current_inboxes(session: ReadSession, actor: Actor, organization: str) -> Sequence[OrganizationInbox]:
    """List the open one and the one in force of an organization, that in force first."""
    current = select_inboxes(actor).where(
        OrganizationInbox.organization == organization, OrganizationInbox.ended_at.is_(None)
    )
    return sorted(session.scalars(current), key=lambda each: each.is_open)


def find_inbox_in_force(session: ReadSession, organization: str) -> OrganizationInbox | None:
    """Find the key and inbox of an organization that count now; None once it has ended."""
    return session.scalar(_select_in_force().where(OrganizationInbox.organization == organization))


def select_codes_with_inbox() -> Select[str]:
    """Select the codes of the organizations that receive by machine now."""
    return _select_in_force().where(OrganizationInbox.address != "").with_only_columns(OrganizationInbox.organization)


def has_inbox(session: ReadSession, organization: str) -> bool:
    """Return whether an organization receives by machine now."""
    return session.scalar(select_codes_with_inbox().where(OrganizationInbox.organization == organization)) is not None


def find_inbox_by_key(session: ReadSession, public_key: str, *, lock: bool = False) -> OrganizationInbox | None:
    """Find the key and inbox in force with this public key, of an organization that has not ended; with `lock`, locked
    until the transaction ends, so that what its organization sends is taken in one after another."""
    statement = _select_in_force().where(OrganizationInbox.public_key == public_key)
    return session.scalars(add_row_lock(statement) if lock else statement).first()


def _select_in_force() -> Select[OrganizationInbox]:
    ends = Organization.until_on
    lasting = select(Organization.code).where(or_(ends.is_(None), ends >= clock.now().date()))
    return select(OrganizationInbox).where(IS_IN_FORCE, OrganizationInbox.organization.in_(lasting))


def has_key_of_another(session: ReadSession, organization: str, public_key: str) -> bool:
    """Return whether another organization has this key, in force or to be confirmed."""
    others = select(OrganizationInbox.id).where(
        OrganizationInbox.public_key == public_key,
        OrganizationInbox.organization != organization,
        OrganizationInbox.ended_at.is_(None),
    )
    return session.scalar(others.limit(1)) is not None
