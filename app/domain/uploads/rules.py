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


@access_rule(_("its upload is not complete"), denied_because=_("The upload of this file is already complete."))
def is_upload_incomplete(actor: Actor, subject: UploadRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == UploadState.OPEN


@access_rule(
    _("its upload is complete"),
    denied_because=_("The upload of this file is not complete. Continue the upload, then submit the form."),
)
def is_upload_complete(actor: Actor, subject: UploadRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == UploadState.WHOLE


# One's own upload in any body with a seat, or one of a colleague in the same delegation, perhaps on another device.
is_own_or_delegation_upload: Rule[UploadRuleSubject] = any_of(is_delegate, all_of(has_seat, is_own))

BEGIN = Permission("upload:begin", _("Start uploading a file"), any_of(is_delegate, is_chair, is_secretary))
SEE = Permission("upload:see", _("See the upload progress of a file"), is_own_or_delegation_upload)
CONTINUE = Permission(
    "upload:continue", _("Upload the next part of a file"), is_own_or_delegation_upload, is_upload_incomplete
)
TAKE = Permission("upload:take", _("Use an uploaded file"), is_own_or_delegation_upload, is_upload_complete)
DISCARD = Permission("upload:discard", _("Cancel the upload of a file"), is_own_or_delegation_upload)


def may_begin_somewhere(actor: Actor) -> bool:
    """Return whether the actor may begin to send a file in any body."""
    return any(BEGIN.allows(actor, EntityInBody(body, actor.entity)) for body in actor.bodies_with_role())
