"""Add titles of agenda items that were translated outside the portal, as one change of the draft."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.db import WriteSession, lock_row
from app.core.permissions import Actor
from app.domain.agendas.actions import draft_lock
from app.domain.agendas.inputs import TranslatedItemTitle
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.translated_titles import TitleConflict, find_title_conflict
from app.domain.meetings.models import Meeting


@dataclass(frozen=True, slots=True)
class AddedTitles:
    """How many titles were added, and those that are in conflict with the draft as it is now."""

    added: int
    conflicts: list[tuple[TranslatedItemTitle, TitleConflict]]


def add_translated_titles(
    session: WriteSession, actor: Actor, meeting: Meeting, titles: Sequence[TranslatedItemTitle]
) -> AddedTitles:
    """Add titles in languages that the items lack; those in conflict with the draft as it is now are not added.

    Raises Forbidden; Conflict if the agenda was adopted."""
    agendas.EDIT.require(actor, meeting)
    lock_row(session, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, meeting.agenda_version)
    items = {item.id: item for item in agenda_drafts.list_draft_items(session, meeting)}
    changed, conflicts = [], []
    for new in titles:
        item = items.get(new.item)
        if conflict := find_title_conflict(item, new):
            conflicts.append((new, conflict))
        elif item and item.titles.get(new.language) != new.title:
            item.titles = item.titles | {new.language: new.title}
            changed.append(item.id)
    if changed:
        edit.record_change("translated", changed[0] if len(set(changed)) == 1 else None)
    return AddedTitles(len(changed), conflicts)
