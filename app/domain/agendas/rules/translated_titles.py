"""When a title of an agenda item that was translated outside the portal is not added: what changed since it left."""

from enum import StrEnum

from app.core.inspection import to_display_text
from app.domain.agendas.inputs import TranslatedItemTitle
from app.domain.agendas.models import AgendaItem

MAX_TITLE_LENGTH = 300


class TitleConflict(StrEnum):
    """Why a translated title was not added."""

    REMOVED = "removed"
    SOURCE_CHANGED = "source-changed"
    TRANSLATED = "translated"


def find_title_conflict(item: AgendaItem | None, new: TranslatedItemTitle) -> TitleConflict | None:
    """Find why a title cannot be added to the item as it is now; None if it can, or is there already."""
    if item is None:
        return TitleConflict.REMOVED
    present = item.titles.get(new.language)
    if present and present != new.title:
        return TitleConflict.TRANSLATED
    if _fold_title(item.titles.get(new.source_language, "")) != _fold_title(new.source):
        return TitleConflict.SOURCE_CHANGED
    return None


def _fold_title(text: str) -> str:
    """Return a title as it comes back from a file: without invisible characters, such as marks of direction."""
    return to_display_text(text, MAX_TITLE_LENGTH)
