"""The cover of a document as a sheet: the same for the PDF of a registered one and the preview of a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.meetings.models import Meeting
from app.http.titles import localize_title
from app.web.views.mandates.citing import Citations

Localized = tuple[str, str | None]
"""Words, and their language if it is not that of the page."""
TYPED_FIELDS: Mapping[str, LazyText] = {
    "action": _("Action requested of the meeting"),
    "refers_to": _("Refers to"),
    "contact": _("Contact"),
}


@dataclass(frozen=True, slots=True)
class CoverSheet:
    """What is on a cover. `symbol` and `registered_at` are None before the registration; `foreign` is the language of
    what was typed, if it is not that of the page; `typed` are the fields of `TYPED_FIELDS`. `topics` and
    `citations` are None where a document of that kind has none; `questions` are the codes of Questions."""

    body_name: Localized
    meeting: Meeting | None
    place: Localized | None
    symbol: str | None
    registered_at: datetime | None
    original: str
    source: LazyText
    regional_group: str | None
    title: Localized
    purpose: LazyText | None
    topics: Sequence[str] | None
    citations: Citations | None
    questions: str
    typed: Sequence[tuple[str, LazyText, str]]
    abstract: str
    foreign: str | None


def list_typed_fields(values: Mapping[str, str]) -> list[tuple[str, LazyText, str]]:
    """List the fields of a cover that were typed as text: name, label and value."""
    return [(name, label, values.get(name, "")) for name, label in TYPED_FIELDS.items()]


def localize_place(meeting: Meeting | None, language: str) -> Localized | None:
    """Return the place of a meeting in one language."""
    return localize_title(meeting.place, language) if meeting else None
