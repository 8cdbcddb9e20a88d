"""The agenda items by which a list of documents can be filtered."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row

from app.core.db import LocalizedText
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.queries import agenda_releases
from app.domain.meetings.models import Meeting
from app.http.page_context import ReadContext
from app.web.views.documents.titles import localize_title

ComingItemColumns = tuple[UUID, str, LocalizedText, str, int]
"""item_id, label, titles, prefix, number of the meeting."""


class ItemChoice(NamedTuple):
    """An agenda item in a filter: `lang` is the language of the title, if it is not that of the page."""

    id: str
    label: str
    title: str
    lang: str | None


class ItemChoices(NamedTuple):
    """The items of one agenda, under the name of its meeting in a list of all documents. Hashable."""

    meeting: LazyText | None
    items: tuple[ItemChoice, ...]


def list_items_of_meeting(context: ReadContext, meeting: Meeting) -> list[ItemChoices]:
    """List the items of the agenda of a meeting; nothing before its first release."""
    rows = agenda_releases.list_current_released_items(context.session, meeting)
    choices = _build_choices(((row.item_id, row.label, row.titles) for row in rows), context.language)
    return [ItemChoices(None, choices)] if choices else []


def group_items_by_meeting(rows: Iterable[Row[*ComingItemColumns]], language: str) -> list[ItemChoices]:
    """Group what `select_items_of_coming_agendas` finds by the agenda of each meeting."""
    return [
        ItemChoices(
            _("%(group)s, meeting %(number)s", group=prefix, number=number),
            _build_choices(((row.item_id, row.label, row.titles) for row in group), language),
        )
        for (prefix, number), group in groupby(rows, key=lambda row: (row.prefix, row.number))
    ]


def _build_choices(rows: Iterable[tuple[UUID, str, LocalizedText]], language: str) -> tuple[ItemChoice, ...]:
    return tuple(ItemChoice(str(item), label, *localize_title(titles, language)) for item, label, titles in rows)
