"""Permissions to upload a file, and to continue an upload that a colleague began."""

from typing import Protocol

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, access_rule, all_of, any_of
from app.domain.bodies.rules import BelongsToEntity, EntityInBody, has_seat, is_chair, is_delegate, is_secretary
from app.domain.identity.rules import BelongsToPerson, is_own
from app.domain.uploads.models import UploadState


class UploadRuleSubject(BelongsToEntity, BelongsToPerson, Protocol):
    """A subject with the state of an upload."""

    @property
    def state(self) -> str: ...


@access_rule(_("it is not whole yet"), denied_because=_("This file has arrived whole; there is nothing more to send."))
def is_upload_incomplete(actor: Actor, subject: UploadRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == UploadState.OPEN


@access_rule(
    _("it is whole"), denied_because=_("This file has not arrived whole yet. Go on sending it, then send the form.")
)
def is_upload_complete(actor: Actor, subject: UploadRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == UploadState.WHOLE


# One's own upload in any body with a seat, or one of a colleague in the same delegation, perhaps on another device.
is_own_or_delegation_upload: Rule[UploadRuleSubject] = any_of(is_delegate, all_of(has_seat, is_own))

BEGIN = Permission("upload:begin", _("Begin to send a file"), any_of(is_delegate, is_chair, is_secretary))
SEE = Permission("upload:see", _("See how much of a file has arrived"), is_own_or_delegation_upload)
CONTINUE = Permission(
    "upload:continue", _("Send the next piece of a file"), is_own_or_delegation_upload, is_upload_incomplete
)
TAKE = Permission("upload:take", _("Use a file that was sent"), is_own_or_delegation_upload, is_upload_complete)
DISCARD = Permission("upload:discard", _("Give up sending a file"), is_own_or_delegation_upload)


def may_begin_somewhere(actor: Actor) -> bool:
    """Return whether the actor may begin to send a file in any body."""
    return any(BEGIN.allows(actor, EntityInBody(body, actor.entity)) for body in actor.bodies_with_role())
