"""Concurrent edits of one draft, merged where they touch different items: the result equals that of some serial order,
with no item lost or doubled.

The suite makes a hundred changes; with `CWG_TEST_MOVES=1000` this file makes a thousand.
"""

import os
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from uuid import UUID

from sqlalchemy import select

from app.core.db import transaction
from app.core.errors import Conflict, NotFound, Stale
from app.core.journal import JournalLine
from app.domain.agendas.actions import editing
from app.domain.agendas.events import AgendaChanged
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules.tree import AgendaTree
from app.domain.meetings.models import Meeting
from tests.world import World

MOVES = int(os.environ.get("CWG_TEST_MOVES", "100"))
EDITORS = ("laurent", "layla", "ines", "laurent")
Done = tuple[int, str, UUID, object, int]
"""Version, kind of change, item, parent or direction, position."""


def make_random_change(world: World, meeting: Meeting, by: str, dice: random.Random) -> Done | None:
    """Make one random change of the draft as the user sees it; None if it cannot be made. Raises Stale."""
    with transaction(world.read) as session:  # the version seen is older than the version changed, as with an open page
        seen = session.get_one(Meeting, meeting.id).agenda_version
        keys = [each.id for each in agenda_drafts.list_draft_items(session, meeting)]
    kind = dice.choice(("add", "add", "move", "move", "step", "step", "remove")) if keys else "add"
    item, parent, position = dice.choice(keys or [meeting.id]), dice.choice([None, *keys]), dice.randrange(8)
    direction = dice.choice(("up", "down", "in", "out"))
    try:
        with world.acting(by) as (session, actor):
            stored_meeting = session.get_one(Meeting, meeting.id)
            if kind == "add":
                new = NewAgendaItem(title="An item")
                added_item = editing.add_agenda_item(
                    session, actor, stored_meeting, new, "en", version=seen, parent_id=parent, position=position
                )
                return stored_meeting.agenda_version, kind, added_item.id, parent, position
            item_row = session.get(AgendaItem, item)
            if item_row is None:
                raise Stale
            if kind == "move":
                editing.move_agenda_item(
                    session, actor, stored_meeting, item_row, parent_id=parent, position=position, version=seen
                )
                return stored_meeting.agenda_version, kind, item, parent, position
            if kind == "step":
                editing.move_agenda_item_one_step(session, actor, stored_meeting, item_row, direction, version=seen)
                return stored_meeting.agenda_version, kind, item, direction, 0
            editing.remove_agenda_item(session, actor, stored_meeting, item_row, version=seen)
            return stored_meeting.agenda_version, kind, item, None, 0
    except (Stale, NotFound) as stale:
        raise Stale from stale
    except Conflict:
        return None


def make_changes(world: World, meeting: Meeting, by: str, dice: random.Random, counter: "count[int]") -> Sequence[Done]:
    changes: list[Done] = []
    while next(counter) < MOVES:
        change = None
        while change is None:
            try:
                change = make_random_change(world, meeting, by, dice)
            except Stale:
                continue
        changes.append(change)
    return changes


def replay(changes: Sequence[Done]) -> AgendaTree:
    tree = AgendaTree({})
    for _, kind, item, parent, position in changes:
        if kind == "add":
            tree = tree.with_item(item, parent, position)
        elif kind == "move":
            tree = tree.with_item_moved(item, parent, position)
        elif kind == "step":
            tree = tree.with_item_next_to(item, *tree.find_step(item, parent))
        else:
            tree = tree.without_item(item)
    return tree


def test_concurrent_changes_equal_some_serial_order(world: World) -> None:
    meeting = world.meeting()
    counter = count()
    with ThreadPoolExecutor(len(EDITORS)) as pool:
        futures = [
            pool.submit(make_changes, world, meeting, by, random.Random(seed), counter)
            for seed, by in enumerate(EDITORS)
        ]
        changes = sorted(each for future in futures for each in future.result())

    with transaction(world.read) as session:
        stored_meeting = session.get_one(Meeting, meeting.id)
        now = agenda_drafts.build_agenda_tree(agenda_drafts.list_draft_items(session, stored_meeting))
        lines = session.scalars(
            select(JournalLine.facts).where(JournalLine.event == AgendaChanged.name).order_by(JournalLine.seq)
        ).all()
    assert stored_meeting.agenda_version == len(changes) == len(lines) >= MOVES
    assert (
        [line["version"] for line in lines] == [version for version, *_ in changes] == list(range(1, len(changes) + 1))
    )
    assert [line["item"] for line in lines] == [str(item) for _, _, item, *_ in changes]
    assert sorted(now.iterate_item_positions(), key=str) == sorted(replay(changes).iterate_item_positions(), key=str)
