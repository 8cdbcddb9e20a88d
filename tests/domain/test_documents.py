"""The register: numbers follow each other without a gap, also when two secretaries register at once."""

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from app.core.access import Actor
from app.core.db import WriteSession
from app.domain.documents import actions
from app.domain.documents.inputs import NewDocument
from tests.world import World

WAITS = text("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def test_two_registrations_at_once_wait_for_each_other_and_get_two_numbers(world: World) -> None:
    body, file = world.body().id, world.file()

    def register(session: WriteSession, actor: Actor) -> str:
        new = NewDocument(body, "C", "22", "contribution", "KEN", "en", {"en": "A title"}, "", (file,))
        return actions.register(session, actor, new).symbol

    def register_too() -> str:
        with world.acting("daniel") as (session, actor):
            return register(session, actor)

    with ThreadPoolExecutor(1) as pool, world.acting("ines") as (session, actor):
        first = register(session, actor)
        second = pool.submit(register_too)
        with world.read() as watching:
            while not second.done() and not watching.execute(WAITS).all():
                watching.rollback()
                time.sleep(0.01)

    assert [first, second.result()] == ["CWG-Internet 22/1", "CWG-Internet 22/2"]
