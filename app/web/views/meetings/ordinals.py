"""The name of a meeting by its ordinal number, such as “22nd meeting”, in the form that each language has for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.http.localization import Localizer

MEETING_ORDINALS: Final[Mapping[str, LazyText]] = {
    "one": _("%(number)sst meeting"),
    "two": _("%(number)snd meeting"),
    "few": _("%(number)srd meeting"),
    "other": _("%(number)sth meeting"),
}
"""The names by the category of the ordinal (CLDR) in English; other languages have some of these categories."""


def format_meeting_ordinal(number: int, formats: Localizer) -> LazyText:
    """Return the name of the meeting with that number, in the language of the reader."""
    category = formats.locale.ordinal_form(number)
    words = MEETING_ORDINALS.get(category, MEETING_ORDINALS["other"])
    return replace(words, values={"number": formats.format_number(number)})
