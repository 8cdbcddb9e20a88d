"""What a docket says of a text that was adopted for its addressees alone, in place of what all members read."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.web.views.dockets.rows import Docket

RELEASE_TO_ADDRESSEES = _("Release to its recipients only")
DELIVERED = _("The text is delivered to its recipients and not published.")
WORDS_BY_ROW: Mapping[str, LazyText] = MappingProxyType(
    {
        "adopted": _(
            "After the second approval, a person who did not approve the text can release it to its recipients."
        ),
        "approved": DELIVERED,
        "scheduled": _(
            "At this time, the text is delivered to its recipients. Until then, the release can be cancelled."
        ),
        "leaving": DELIVERED,
        "failed": DELIVERED,
        "withdrawing": _("Its recipients are informed that the text is withdrawn."),
        "withdrawal-failed": _("Its recipients are informed that the text is withdrawn."),
        "withdrawal-proposed": _("Its recipients are informed if the text is withdrawn."),
        "released": _("The text was delivered to its recipients only. It is not published."),
        "withdrawn": _("The text was delivered to its recipients only. They are informed that it was withdrawn."),
    }
)
"""What follows, by the life of an output."""


def word_for_addressees(docket: Docket) -> Docket:
    """Return the docket of an output in the words for a text that was adopted for its addressees alone."""
    asked = RELEASE_TO_ADDRESSEES if docket.row.life == "approved" else docket.asked
    return replace(docket, asked=asked, then=WORDS_BY_ROW.get(docket.row.life, docket.then))
