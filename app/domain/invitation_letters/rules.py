"""Who may make letters of invitation to a meeting and change their templates, and the fields of these."""

from typing import Final

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission, all_of
from app.domain.bodies.rules import BelongsToBody, is_secretary
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import is_meeting_convened, is_meeting_not_ended

DATES_FIELD: Final = "dates_to_keep"
"""The field that is replaced by one paragraph for each deadline and session."""
STATE_FIELD: Final = "state"
"""The field that every template has: without it no State could see that the letter is for it."""
TEXT_FIELDS: Final = (
    *("organization", "body", "reference", "dated", "addressee", STATE_FIELD, "salutation", "title", "meeting"),
    *("number", "dates", "place", "proposals_due", "contributions_due", "posting_due", "registration_due"),
    *("agenda", "address", "closing", "signatory", "function"),
)

SEE_LETTERS: Permission[BelongsToBody] = Permission(
    "invitation-letter:see", _("See which letters of invitation to a meeting were made"), is_secretary
)
MAKE_LETTERS: Permission[Meeting] = Permission(
    "invitation-letter:make",
    _("Make letters of invitation to a meeting"),
    is_secretary,
    all_of(is_meeting_convened, is_meeting_not_ended),
    begins_in_body=True,
)
PUT_INVITATION_TEMPLATE: Permission[BelongsToBody] = Permission(
    "invitation-letter:put-template", _("Change the templates of the letters of invitation of a group"), is_secretary
)
