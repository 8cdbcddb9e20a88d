"""Who may send messages of the secretariat, and who belongs to each audience."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.domain.bodies.models import Capacity
from app.domain.bodies.rules import DELEGATES, BelongsToBody, EntityInBody, has_seat, is_secretary
from app.domain.messages.models import MessageAudience

SEND_MESSAGE: Permission[EntityInBody] = Permission(
    "secretariat-message:send",
    _("Send messages of the secretariat to members of the body"),
    is_secretary,
    needs_recent_sign_in=True,
    is_irreversible=True,
    begins_in_body=True,
)


class HasAudience(BelongsToBody, Protocol):
    """A message to an audience of a body. `registered` are the participants of its meeting, of that audience alone."""

    @property
    def audience(self) -> str: ...

    @property
    def registered(self) -> frozenset[UUID]: ...


AUDIENCE_MEMBERSHIP: Mapping[str, Callable[[Actor, HasAudience], bool]] = MappingProxyType(
    {
        MessageAudience.FOCAL_POINTS: lambda actor, to: actor.has_role(to.body_id, Capacity.FOCAL_POINT),
        MessageAudience.HEADS_OF_DELEGATION: lambda actor, to: actor.has_role(to.body_id, Capacity.HEAD_OF_DELEGATION),
        MessageAudience.DELEGATES: lambda actor, to: actor.has_role(to.body_id, *DELEGATES),
        MessageAudience.PARTICIPANTS: lambda actor, to: actor.person in to.registered,
        MessageAudience.EVERY_SEAT: lambda _actor, _to: True,
    }
)
"""Who belongs to an audience, of those with a role in the body."""


def is_addressee(actor: Actor, message: HasAudience) -> bool:
    """Return whether a message goes to the actor: a person with a role in its body who belongs to its audience. An
    audience that only another version of the portal knows is empty."""
    belongs = AUDIENCE_MEMBERSHIP.get(message.audience)
    return belongs is not None and has_seat.objection_to(actor, message) is None and belongs(actor, message)
