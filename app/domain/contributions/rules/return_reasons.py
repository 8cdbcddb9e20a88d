"""The reasons for which contributions are returned again and again, as a secretary gives them: each a text that can be
changed before it is sent. It is written in the language of those who read it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _


class ReturnReason(NamedTuple):
    """A reason: its name for the secretary, and the text for the delegation."""

    label: LazyText
    text: LazyText


RETURN_REASONS: Mapping[str, ReturnReason] = MappingProxyType(
    {
        "language": ReturnReason(
            _("Wrong language"),
            _(
                "The text of the file is not in the language stated on the cover. Change the language or replace the "
                "file, then submit the contribution again."
            ),
        ),
        "changes": ReturnReason(
            _("Tracked changes or comments"),
            _(
                "The file contains tracked changes or comments. Accept or reject the changes, delete the comments, "
                "replace the file, then submit the contribution again."
            ),
        ),
        "incomplete": ReturnReason(
            _("Incomplete text"),
            _(
                "The text of the file is incomplete. Replace the file with the complete text, then submit the "
                "contribution again."
            ),
        ),
        "title": ReturnReason(
            _("Title differs"),
            _(
                "The title on the cover differs from the title in the file. Correct one of them, then submit the "
                "contribution again."
            ),
        ),
        "source": ReturnReason(
            _("Source or co-sponsors differ"),
            _(
                "The file names another source, or other co-sponsors, than the cover. Correct the file, or invite the "
                "co-sponsors in the portal, then submit the contribution again."
            ),
        ),
        "meeting": ReturnReason(
            _("Other meeting or agenda item"),
            _(
                "The subject of the contribution is not on the agenda of this meeting. Select another agenda item or "
                "another meeting, then submit the contribution again."
            ),
        ),
        "duplicate": ReturnReason(
            _("Received twice"),
            _(
                "The same text has already been received. If it is to replace the earlier text, submit it as a "
                "revision of that document."
            ),
        ),
    }
)
"""By the key that a form sends."""
