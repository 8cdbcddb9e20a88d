"""Agenda titles for translators as pages show them: what is missing, and what could not be added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.interchange.xliff import ITEM_UNIT_PREFIX, XliffUnit
from app.domain.agendas.inputs import TranslatedItemTitle
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.rules.translated_titles import TitleConflict
from app.web.views.agendas.items import AgendaView

TITLE_CONFLICT_LABELS: Mapping[TitleConflict, LazyText] = MappingProxyType(
    {
        TitleConflict.REMOVED: _("The item is no longer on the agenda."),
        TitleConflict.SOURCE_CHANGED: _("The original title has changed since the file was downloaded."),
        TitleConflict.TRANSLATED: _("The item already has another title in this language."),
    }
)


@dataclass(frozen=True, slots=True)
class TitleLine:
    """A title that was not added: number of its item or an empty text, language, the title in the file, that of the
    agenda, and why."""

    number: str
    language: str
    title: str
    present: str
    reason: LazyText


def group_missing_titles(items: Sequence[AgendaItem]) -> dict[tuple[str, str], list[XliffUnit]]:
    """Group the titles that are missing by the language of the original and by their own, in the order of the items."""
    groups: dict[tuple[str, str], list[XliffUnit]] = {}
    for item in items:
        source = next((code for code in ("en", *LANGUAGES) if item.titles.get(code)), None)
        for language in LANGUAGES if source else ():
            if source and not item.titles.get(language):
                unit = XliffUnit(f"{ITEM_UNIT_PREFIX}{item.id.hex}", item.titles[source])
                groups.setdefault((source, language), []).append(unit)
    return groups


def build_conflict_lines(
    conflicts: Sequence[tuple[TranslatedItemTitle, TitleConflict]], agenda: AgendaView, items: Mapping[UUID, AgendaItem]
) -> list[TitleLine]:
    """Build the lines of titles that are in conflict with the draft."""
    numbers = {line.id: line.number for line in agenda.items}
    return [
        TitleLine(
            numbers.get(new.item, ""),
            new.language,
            new.title,
            items[new.item].titles.get(new.language, "") if new.item in items else "",
            TITLE_CONFLICT_LABELS[conflict],
        )
        for new, conflict in conflicts
    ]
