"""Recipient rules of notifications, and the permission to choose one's own."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
from app.domain.bodies.models import Office
from app.domain.bodies.rules import DELEGATES, is_chair, is_delegate, is_focal_point, is_secretary
from app.domain.identity.rules import has_signed_in
from app.domain.silence.rules import is_informed_person


@dataclass(frozen=True, slots=True)
class NotificationContext:
    """The current state of the thing that a notification is about: its body, and by when something is due.

    `entity` is the State concerned, and `by_entity` the one whose people write a contribution. `addressees` are those
    of a silence procedure and `answered` those of them that have taken a position. If `is_over`, nothing can be done
    any more and no notification is sent.
    """

    body_id: UUID
    zone: str = ""
    until: datetime | None = None
    entity: str = ""
    by_entity: str = ""
    addressees: frozenset[str] = field(default_factory=frozenset)
    answered: frozenset[str] = field(default_factory=frozenset)
    is_over: bool = False


@access_rule(
    _("is a delegate in the group"), denied_because=_("Only an accredited delegate of this group may do this.")
)
def is_delegate_of_body(actor: Actor, subject: NotificationContext) -> bool:
    return actor.has_role(subject.body_id, *DELEGATES)


@access_rule(_("the State has not taken a position yet"), denied_because=_("Your State has already taken a position."))
def has_not_answered(actor: Actor, subject: NotificationContext) -> bool:
    return actor.entity not in subject.answered


@access_rule(
    _("is a secretary who writes it on behalf of the State"),
    denied_because=_("Only the secretariat, when it writes the contribution, may do this."),
)
def is_writing_secretary(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor is a secretary who sees the contribution also while it is returned."""
    return actor.entity == subject.by_entity and actor.has_role(subject.body_id, Office.SECRETARY)


ADDRESSEES = is_informed_person
SILENT_ADDRESSEES = all_of(is_informed_person, has_not_answered)
ALL_CONCERNED = any_of(is_informed_person, is_chair, is_secretary)
WHOLE_BODY = any_of(is_delegate_of_body, is_chair, is_secretary)
DELEGATIONS = is_delegate_of_body
OWN_DELEGATION = is_delegate
WRITING_SECRETARIES = is_writing_secretary
WRITERS = any_of(is_delegate, is_writing_secretary)
OWN_REPRESENTATIVES = any_of(is_delegate, is_focal_point)

CHOOSE_NOTIFICATIONS = Permission("letters:choose", _("View and choose one’s own e-mail notifications"), has_signed_in)
