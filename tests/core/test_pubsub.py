"""The bell: heard in every process, only what was committed, and again after the connection was cut."""

import asyncio

import pytest
from sqlalchemy import Engine, text

from app.core import pubsub
from app.core.db import create_database_engine, transaction, write_session_factory
from app.core.pubsub import Notifier, Subscription


async def eventually(listener: Subscription, wanted: int | None) -> None:
    """Wait until it rings with this word."""
    async with asyncio.timeout(10):
        while not (await listener.wait(5) and listener.last_value == wanted):
            pass


async def ready(listener: Subscription) -> None:
    """Once the process hears, everybody is rung without a word."""
    await eventually(listener, None)


def ring(engine: Engine, topic: str, word: int) -> None:
    with transaction(write_session_factory(engine)) as session:
        pubsub.notify(session, topic, word)


def test_whoever_listens_hears_their_own_topic_and_the_last_word(database, engine: Engine) -> None:
    async def story() -> None:
        one, other = Notifier(database.portal), Notifier(database.portal)
        with one.subscribe("a") as first, other.subscribe("a") as second, one.subscribe("b") as stranger:
            for each in (first, second):
                await ready(each)
            await stranger.wait(5)
            await asyncio.to_thread(ring, engine, "a", 7)
            await asyncio.to_thread(ring, engine, "a", 8)
            await eventually(first, 8)
            await eventually(second, 8)
            assert not await stranger.wait(0.1)
            assert one.subscription_count == 2
        assert one.subscription_count == 0

    asyncio.run(story())


def test_what_is_undone_is_not_rung(database, engine: Engine) -> None:
    def undone() -> None:
        with pytest.raises(RuntimeError), transaction(write_session_factory(engine)) as session:
            pubsub.notify(session, "a", 1)
            raise RuntimeError("the process dies before the commit")

    async def story() -> None:
        with Notifier(database.portal).subscribe("a") as listener:
            await ready(listener)
            await asyncio.to_thread(undone)
            assert not await listener.wait(0.3)

    asyncio.run(story())


def test_a_cut_connection_is_opened_again_and_everybody_looks_for_themselves(database, engine: Engine) -> None:
    def cut() -> None:
        database.run_as_superuser(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cwg-bell'"
            " AND datname = current_database()"
        )

    async def story() -> None:
        with Notifier(database.portal).subscribe("a") as listener:
            await ready(listener)
            await asyncio.to_thread(cut)
            await ready(listener)
            await asyncio.to_thread(ring, engine, "a", 9)
            await eventually(listener, 9)

    asyncio.run(story())


def test_there_is_one_connection_for_many_and_none_for_nobody(database) -> None:
    probe = create_database_engine(database.superuser, pool_size=1)

    def connections() -> int:
        mine = "application_name = 'cwg-bell' AND datname = current_database()"
        with probe.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}")) or 0

    async def story() -> None:
        rung = Notifier(database.portal)
        with rung.subscribe("a") as first, rung.subscribe("b"), rung.subscribe("c"):
            await ready(first)
            assert await asyncio.to_thread(connections) == 1
        async with asyncio.timeout(5):
            while await asyncio.to_thread(connections):
                await asyncio.sleep(0.05)

    asyncio.run(story())
    probe.dispose()


def test_hanging_up_ends_it_for_everybody_also_for_those_who_come_later(database) -> None:
    async def story() -> None:
        rung = Notifier(database.portal)
        with rung.subscribe("a") as listener:
            await ready(listener)
            await asyncio.to_thread(rung.close)
            assert await listener.wait(5)
            assert listener.is_closed
        with rung.subscribe("a") as late:
            assert late.is_closed

    asyncio.run(story())


def test_what_no_verb_rings_is_not_heard_and_disturbs_nobody(database, engine: Engine) -> None:
    async def story() -> None:
        bell = Notifier(database.portal)
        with bell.subscribe("a") as listener:
            await ready(listener)
            for rubbish in ("rubbish", "a", "a -1", "a one", "a \u0661"):
                await asyncio.to_thread(said, engine, rubbish)
            await asyncio.to_thread(ring, engine, "a", 7)
            await eventually(listener, 7)

    asyncio.run(story())


def said(engine: Engine, payload: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_notify('cwg_bell', :payload)"), {"payload": payload})
