"""What is pending about keys and inboxes of organizations: those that a second secretary confirms."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Row

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.pending import SECRETARIAT
from app.domain.organization_inboxes import events
from app.domain.organization_inboxes.models import OrganizationInbox
from app.domain.organization_inboxes.queries import select_inboxes_to_confirm
from app.domain.organization_inboxes.rules import CONFIRM, DECLINE, build_inbox_rule_subject
from app.domain.organizations.models import Organization

CONFIRM_INBOX = PendingActionKind(
    name="organization:confirm-inbox",
    heading=_("Confirm or decline the key of an organization"),
    words=_("Another member of the secretariat entered it. Compare it with what the organization stated."),
    button=_("Review"),
    waits_for=SECRETARIAT,
    settled_by=(CONFIRM, DECLINE),
    begun_by=(events.InboxProposed.name,),
)


def build_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[OrganizationInbox, Organization]]
) -> Iterator[PendingAction]:
    """Yield the entries of other secretaries that the actor confirms or declines."""
    for inbox, organization in rows:
        if CONFIRM.allows(actor, build_inbox_rule_subject(inbox)):
            yield PendingAction(
                CONFIRM_INBOX,
                inbox.id,
                f"/organization-inboxes/{inbox.id}",
                organization.names,
                since=inbox.proposed_at,
            )


SOURCES = (PendingActionSource((CONFIRM_INBOX,), (Office.SECRETARY,), select_inboxes_to_confirm, build_actions),)
