"""The agenda items by which a list of documents can be filtered."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from app.core.db import LocalizedText
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.queries import agenda_releases
from app.domain.meetings.models import Meeting
from app.http.page_context import ReadContext
from app.web.views.documents.titles import localize_title


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


def list_items_of_coming_meetings(context: ReadContext, chosen: UUID | str | None) -> list[ItemChoices]:
    """List the items of the agendas of all meetings that are not over, and the `chosen` one of any meeting; one
    statement."""
    if not context.actor.bodies_with_role():
        return []
    item = chosen if isinstance(chosen, UUID) else None
    rows = agenda_releases.list_items_of_coming_agendas(context.session, context.actor, item)
    return [
        ItemChoices(
            _("%(group)s, meeting %(number)s", group=prefix, number=number),
            _build_choices(((row.item_id, row.label, row.titles) for row in group), context.language),
        )
        for (prefix, number), group in groupby(rows, key=lambda row: (row.prefix, row.number))
    ]


def _build_choices(rows: Iterable[tuple[UUID, str, LocalizedText]], language: str) -> tuple[ItemChoice, ...]:
    return tuple(ItemChoice(str(item), label, *localize_title(titles, language)) for item, label, titles in rows)
