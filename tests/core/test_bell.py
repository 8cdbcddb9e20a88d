"""The bell: heard in every process, only what was committed, and again after the connection was cut."""

import asyncio

import pytest
from sqlalchemy import Engine, text

from app.core import bell
from app.core.bell import Bell, Listener
from app.core.db import make_engine, transaction, writers


async def eventually(listener: Listener, wanted: int | None) -> None:
    """Wait until it rings with this word."""
    async with asyncio.timeout(10):
        while not (await listener.heard(5) and listener.last == wanted):
            pass


async def ready(listener: Listener) -> None:
    """Once the process hears, everybody is rung without a word."""
    await eventually(listener, None)


def ring(engine: Engine, topic: str, word: int) -> None:
    with transaction(writers(engine)) as session:
        bell.ring(session, topic, word)


def test_whoever_listens_hears_their_own_topic_and_the_last_word(database, engine: Engine) -> None:
    async def story() -> None:
        one, other = Bell(database.portal), Bell(database.portal)
        with one.listening("a") as first, other.listening("a") as second, one.listening("b") as stranger:
            for each in (first, second):
                await ready(each)
            await stranger.heard(5)
            await asyncio.to_thread(ring, engine, "a", 7)
            await asyncio.to_thread(ring, engine, "a", 8)
            await eventually(first, 8)
            await eventually(second, 8)
            assert not await stranger.heard(0.1)
            assert one.listeners == 2
        assert one.listeners == 0

    asyncio.run(story())


def test_what_is_undone_is_not_rung(database, engine: Engine) -> None:
    def undone() -> None:
        with pytest.raises(RuntimeError), transaction(writers(engine)) as session:
            bell.ring(session, "a", 1)
            raise RuntimeError("the process dies before the commit")

    async def story() -> None:
        with Bell(database.portal).listening("a") as listener:
            await ready(listener)
            await asyncio.to_thread(undone)
            assert not await listener.heard(0.3)

    asyncio.run(story())


def test_a_cut_connection_is_opened_again_and_everybody_looks_for_themselves(database, engine: Engine) -> None:
    def cut() -> None:
        database.run_as_superuser(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cwg-bell'"
            " AND datname = current_database()"
        )

    async def story() -> None:
        with Bell(database.portal).listening("a") as listener:
            await ready(listener)
            await asyncio.to_thread(cut)
            await ready(listener)
            await asyncio.to_thread(ring, engine, "a", 9)
            await eventually(listener, 9)

    asyncio.run(story())


def test_there_is_one_connection_for_many_and_none_for_nobody(database) -> None:
    probe = make_engine(database.superuser, pool=1)

    def connections() -> int:
        mine = "application_name = 'cwg-bell' AND datname = current_database()"
        with probe.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}")) or 0

    async def story() -> None:
        rung = Bell(database.portal)
        with rung.listening("a") as first, rung.listening("b"), rung.listening("c"):
            await ready(first)
            assert await asyncio.to_thread(connections) == 1
        async with asyncio.timeout(5):
            while await asyncio.to_thread(connections):
                await asyncio.sleep(0.05)

    asyncio.run(story())
    probe.dispose()


def test_hanging_up_ends_it_for_everybody_also_for_those_who_come_later(database) -> None:
    async def story() -> None:
        rung = Bell(database.portal)
        with rung.listening("a") as listener:
            await ready(listener)
            await asyncio.to_thread(rung.hang_up)
            assert await listener.heard(5)
            assert listener.over
        with rung.listening("a") as late:
            assert late.over

    asyncio.run(story())


def test_what_no_verb_rings_is_not_heard_and_disturbs_nobody(database, engine: Engine) -> None:
    async def story() -> None:
        bell = Bell(database.portal)
        with bell.listening("a") as listener:
            await ready(listener)
            for rubbish in ("rubbish", "a", "a -1", "a one", "a \u0661"):
                await asyncio.to_thread(said, engine, rubbish)
            await asyncio.to_thread(ring, engine, "a", 7)
            await eventually(listener, 7)

    asyncio.run(story())


def said(engine: Engine, payload: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_notify('cwg_bell', :payload)"), {"payload": payload})
