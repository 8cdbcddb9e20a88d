"""Translations that are due as pages show them: one line for each text and language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.domain.translations.models import TranslationState
from app.domain.translations.queries import due
from app.domain.translations.queries.due import DueTranslationRow
from app.web.views.documents.editions import format_step_slug
from app.web.views.documents.titles import localize_title

STATE_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        TranslationState.UNASSIGNED: ("warn", _("To assign")),
        TranslationState.ASSIGNED: ("info", _("In translation")),
        TranslationState.RECEIVED: ("good", _p("translation", "Received")),
    }
)


@dataclass(frozen=True, slots=True)
class DueTranslationLine:
    """A text that is missing in a language. `was_there`: an earlier text exists in that language."""

    key: str
    symbol: str
    href: str
    title: str
    lang: str | None
    original: str
    language: str
    due_on: date | None
    is_overdue: bool
    state: tuple[str, LazyText]
    translator: str | None
    pages: int | None
    was_there: bool
    add: str
    add_label: LazyText


def build_due_translation_line(row: DueTranslationRow, language: str) -> DueTranslationLine:
    """Build the line of a translation that is due."""
    title, lang = localize_title(due.get_titles(row), language, row.original)
    path = f"/documents/{row.page_id}/{format_step_slug(row.step, row.number)}"
    if row.output_id:
        path = f"/outputs/{row.output_id}"
    add = f"{path}/translate" if row.output_id else f"{path}/translate?language={row.language}"
    if row.in_approval:
        add = f"{path}#languages"
    return DueTranslationLine(
        key=str(due.get_key(row)),
        symbol=row.symbol,
        href=path,
        title=title,
        lang=lang,
        original=row.original,
        language=row.language,
        due_on=row.due_on,
        is_overdue=row.is_overdue,
        state=STATE_LABELS[row.state],
        translator=row.translator,
        pages=row.pages,
        was_there=row.was_there,
        add=add,
        add_label=_("Read and approve") if row.in_approval else _("Add a translation"),
    )
