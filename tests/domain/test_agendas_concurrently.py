"""Many hands on one draft: the result is that of some serial order, no item lost or doubled.

A hundred changes in the suite; `CWG_TEST_MOVES=1000 pytest tests/domain/test_agendas_concurrently.py` makes a thousand.
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
from app.domain.agendas import queries
from app.domain.agendas.actions import editing
from app.domain.agendas.events import AgendaChanged
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.rules.tree import AgendaTree
from app.domain.meetings.models import Meeting
from tests.world import World

MOVES = int(os.environ.get("CWG_TEST_MOVES", "100"))
HANDS = ("laurent", "layla", "ines", "laurent")
Done = tuple[int, str, UUID, object, int]
"""version, what, item, where, position."""


def change(world: World, meeting: Meeting, by: str, dice: random.Random) -> Done | None:
    """One random change of the draft as somebody sees it. None if it cannot be made; raises Stale."""
    with transaction(world.read) as session:  # what they see is older than what they change, as with a page
        seen = session.get_one(Meeting, meeting.id).agenda_version
        keys = [each.id for each in queries.list_draft_items(session, meeting)]
    what = dice.choice(("add", "add", "move", "move", "step", "step", "remove")) if keys else "add"
    item, where, position = dice.choice(keys or [meeting.id]), dice.choice([None, *keys]), dice.randrange(8)
    direction = dice.choice(("up", "down", "in", "out"))
    try:
        with world.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            if what == "add":
                new = NewAgendaItem(title="An item")
                made = editing.add_agenda_item(
                    session, actor, there, new, "en", version=seen, parent_id=where, position=position
                )
                return seen + 1, what, made.id, where, position
            found = session.get(AgendaItem, item)
            if found is None:
                raise Stale
            if what == "move":
                editing.move_agenda_item(session, actor, there, found, parent_id=where, position=position, version=seen)
                return seen + 1, what, item, where, position
            if what == "step":
                editing.move_agenda_item_one_step(session, actor, there, found, direction, version=seen)
                return seen + 1, what, item, direction, 0
            editing.remove_agenda_item(session, actor, there, found, version=seen)
            return seen + 1, what, item, None, 0
    except (Stale, NotFound) as stale:
        raise Stale from stale
    except Conflict:
        return None


def work(world: World, meeting: Meeting, by: str, dice: random.Random, turns: "count[int]") -> Sequence[Done]:
    done: list[Done] = []
    while next(turns) < MOVES:
        made = None
        while made is None:
            try:
                made = change(world, meeting, by, dice)
            except Stale:
                continue
        done.append(made)
    return done


def replayed(done: Sequence[Done]) -> AgendaTree:
    tree = AgendaTree({})
    for _, what, item, where, position in done:
        if what == "add":
            tree = tree.with_item(item, where, position)
        elif what == "move":
            tree = tree.with_item_moved(item, where, position)
        elif what == "step":
            tree = tree.with_item_stepped(item, where)
        else:
            tree = tree.without_item(item)
    return tree


def test_changes_at_once_are_as_if_made_one_after_the_other(world: World) -> None:
    meeting = world.meeting()
    turns = count()
    with ThreadPoolExecutor(len(HANDS)) as pool:
        hands = [pool.submit(work, world, meeting, by, random.Random(seed), turns) for seed, by in enumerate(HANDS)]
        done = sorted(each for hand in hands for each in hand.result())

    with transaction(world.read) as session:
        there = session.get_one(Meeting, meeting.id)
        now = queries.build_agenda_tree(queries.list_draft_items(session, there))
        lines = session.scalars(
            select(JournalLine.facts).where(JournalLine.event == AgendaChanged.name).order_by(JournalLine.seq)
        ).all()
    assert there.agenda_version == len(done) == len(lines) >= MOVES
    assert [line["version"] for line in lines] == [version for version, *_ in done] == list(range(1, len(done) + 1))
    assert [line["item"] for line in lines] == [str(item) for _, _, item, *_ in done]
    assert sorted(now.rows(), key=str) == sorted(replayed(done).rows(), key=str)
