"""Database notifications: received in every process, only after the commit, and again after the connection was cut."""

import asyncio

import pytest
from sqlalchemy import Engine, text

from app.core import pubsub
from app.core.db import create_database_engine, transaction, write_session_factory
from app.core.pubsub import Notifier, Subscription


async def wait_for_value(listener: Subscription, wanted: int | None) -> None:
    """Wait until the subscription delivers this value."""
    async with asyncio.timeout(60):
        while not (await listener.wait(5) and listener.last_value == wanted):
            pass


async def wait_until_ready(listener: Subscription) -> None:
    """Wait until the process listens: every subscriber is then notified without a value."""
    await wait_for_value(listener, None)


def send(engine: Engine, topic: str, word: int) -> None:
    with transaction(write_session_factory(engine)) as session:
        pubsub.notify(session, topic, word)


def test_a_subscriber_receives_its_own_topic_and_the_last_value(database, engine: Engine) -> None:
    async def scenario() -> None:
        one, other = Notifier(database.portal), Notifier(database.portal)
        with one.subscribe("a") as first, other.subscribe("a") as second, one.subscribe("b") as stranger:
            for each in (first, second):
                await wait_until_ready(each)
            await stranger.wait(60)
            await asyncio.to_thread(send, engine, "a", 7)
            await asyncio.to_thread(send, engine, "a", 8)
            await wait_for_value(first, 8)
            await wait_for_value(second, 8)
            assert not await stranger.wait(0.1)
            assert one.subscription_count == 2
        assert one.subscription_count == 0

    asyncio.run(scenario())


def test_a_rolled_back_transaction_sends_nothing(database, engine: Engine) -> None:
    def roll_back() -> None:
        with pytest.raises(RuntimeError), transaction(write_session_factory(engine)) as session:
            pubsub.notify(session, "a", 1)
            raise RuntimeError("the process dies before the commit")

    async def scenario() -> None:
        with Notifier(database.portal).subscribe("a") as listener:
            await wait_until_ready(listener)
            await asyncio.to_thread(roll_back)
            assert not await listener.wait(0.3)

    asyncio.run(scenario())


def test_a_cut_connection_is_reopened_and_every_subscriber_is_notified(database, engine: Engine) -> None:
    def cut() -> None:
        database.run_as_superuser(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cwg-bell'"
            " AND datname = current_database()"
        )

    async def scenario() -> None:
        with Notifier(database.portal).subscribe("a") as listener:
            await wait_until_ready(listener)
            await asyncio.to_thread(cut)
            await wait_until_ready(listener)
            await asyncio.to_thread(send, engine, "a", 9)
            await wait_for_value(listener, 9)

    asyncio.run(scenario())


def test_many_subscribers_share_one_connection_and_none_opens_none(database) -> None:
    probe = create_database_engine(database.superuser, pool_size=1)

    def connections() -> int:
        own = "application_name = 'cwg-bell' AND datname = current_database()"
        with probe.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {own}")) or 0

    async def scenario() -> None:
        notifier = Notifier(database.portal)
        with notifier.subscribe("a") as first, notifier.subscribe("b"), notifier.subscribe("c"):
            await wait_until_ready(first)
            assert await asyncio.to_thread(connections) == 1
        async with asyncio.timeout(60):
            while await asyncio.to_thread(connections):
                await asyncio.sleep(0.05)

    asyncio.run(scenario())
    probe.dispose()


def test_closing_ends_every_subscription_and_later_ones(database) -> None:
    async def scenario() -> None:
        notifier = Notifier(database.portal)
        with notifier.subscribe("a") as listener:
            await wait_until_ready(listener)
            await asyncio.to_thread(notifier.close)
            assert await listener.wait(60)
            assert listener.is_closed
        with notifier.subscribe("a") as later:
            assert later.is_closed

    asyncio.run(scenario())


def test_malformed_notifications_are_ignored(database, engine: Engine) -> None:
    async def scenario() -> None:
        notifier = Notifier(database.portal)
        with notifier.subscribe("a") as listener:
            await wait_until_ready(listener)
            for rubbish in ("rubbish", "a", "a -1", "a one", "a \u0661"):
                await asyncio.to_thread(notify_raw, engine, rubbish)
            await asyncio.to_thread(send, engine, "a", 7)
            await wait_for_value(listener, 7)

    asyncio.run(scenario())


def notify_raw(engine: Engine, payload: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_notify('cwg_bell', :payload)"), {"payload": payload})
