"""Permissions on keys and inboxes of organizations: one secretary enters them, and another one confirms them."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.core.canonical_json import to_canonical_json
from app.core.hashing import hash_secret
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of
from app.domain.bodies.rules import is_secretary_anywhere
from app.domain.organization_inboxes.models import OrganizationInbox
from app.domain.organizations.models import Organization
from app.domain.organizations.rules import is_organization_in_force


class InboxState(StrEnum):
    """State of a key and inbox: open until a second secretary decides, then in force until it ends."""

    OPEN = "open"
    IN_FORCE = "in-force"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class InboxRuleSubject:
    """The facts of a key and inbox that the rules need."""

    proposer: UUID | None
    state: str = InboxState.OPEN


@access_rule(
    _("is not the secretary who entered it"),
    denied_because=_("You entered this yourself. A second secretary must confirm it."),
)
def has_not_entered_it(actor: Actor, subject: InboxRuleSubject) -> bool:
    return actor.person != subject.proposer


@access_rule(
    _("no second secretary has decided yet"), denied_because=_("This has already been confirmed, declined or revoked.")
)
def is_awaiting_second_secretary(actor: Actor, subject: InboxRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == InboxState.OPEN


@access_rule(_("the key is in force"), denied_because=_("This key is not in force."))
def is_key_in_force(actor: Actor, subject: InboxRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == InboxState.IN_FORCE


SEE: Permission[InboxRuleSubject] = Permission(
    "organization:see-inbox", _("See the key and the inbox of an organization"), is_secretary_anywhere
)
PROPOSE: Permission[Organization] = Permission(
    "organization:propose-inbox",
    _("Enter the key and the inbox of an organization for the exchange by machine"),
    is_secretary_anywhere,
    is_organization_in_force,
    needs_recent_sign_in=True,
)
CONFIRM: Permission[InboxRuleSubject] = Permission(
    "organization:confirm-inbox",
    _("Confirm the key and the inbox of an organization, as the second secretary"),
    all_of(is_secretary_anywhere, has_not_entered_it),
    is_awaiting_second_secretary,
    needs_recent_sign_in=True,
)
DECLINE: Permission[InboxRuleSubject] = Permission(
    "organization:decline-inbox",
    _("Decline the key and the inbox of an organization, or take one’s own entry back"),
    is_secretary_anywhere,
    is_awaiting_second_secretary,
)
REVOKE: Permission[InboxRuleSubject] = Permission(
    "organization:revoke-inbox",
    _("Revoke the key of an organization at once"),
    is_secretary_anywhere,
    is_key_in_force,
    is_irreversible=True,
)


def build_inbox_rule_subject(inbox: OrganizationInbox) -> InboxRuleSubject:
    """Return a key and inbox with the facts that the rules need."""
    state = InboxState.OPEN if inbox.is_open else InboxState.IN_FORCE if inbox.is_in_force else InboxState.ENDED
    return InboxRuleSubject(inbox.proposed_by, state)


def compute_inbox_digest(inbox: OrganizationInbox) -> str:
    """Return the digest of the organization, the key and the address, for the journal."""
    content = {"address": inbox.address, "organization": inbox.organization, "public_key": inbox.public_key}
    return hash_secret(to_canonical_json(content).decode())
