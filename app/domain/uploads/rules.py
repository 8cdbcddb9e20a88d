"""Permissions to upload a file, and to continue an upload that a colleague began."""

from typing import Protocol

from app.core.access import Actor, Permission, Rule, all_of, any_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import OfEntity, has_seat, is_chair, is_delegate, is_secretary
from app.domain.identity.rules import OfPerson, is_own
from app.domain.uploads.models import State


class Sent(OfEntity, OfPerson, Protocol):
    """A subject with the state of an upload."""

    @property
    def state(self) -> str: ...


@rule(say("it is not whole yet"), unless=say("This file has arrived whole; there is nothing more to send."))
def is_open(actor: Actor, subject: Sent) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == State.OPEN


@rule(say("it is whole"), unless=say("This file has not arrived whole yet. Go on sending it, then send the form."))
def is_whole(actor: Actor, subject: Sent) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == State.WHOLE


# One's own upload in any body with a seat, or one of a colleague in the same delegation, perhaps on another device.
is_of_the_delegation: Rule[Sent] = any_of(is_delegate, all_of(has_seat, is_own))

BEGIN = Permission("upload:begin", say("Begin to send a file"), any_of(is_delegate, is_chair, is_secretary))
SEE = Permission("upload:see", say("See how much of a file has arrived"), is_of_the_delegation)
CONTINUE = Permission("upload:continue", say("Send the next piece of a file"), is_of_the_delegation, is_open)
TAKE = Permission("upload:take", say("Use a file that was sent"), is_of_the_delegation, is_whole)
DISCARD = Permission("upload:discard", say("Give up sending a file"), is_of_the_delegation)
