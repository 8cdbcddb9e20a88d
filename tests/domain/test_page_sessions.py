"""The session of a page reads once what its parts ask for, in one transaction, and keeps nothing longer."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event, select

from app.core.db import ReadSession, read_session_factory, release_connection, transaction, write_session_factory
from app.core.page_sessions import PageSession, read_once
from app.domain.bodies.models import Body
from tests.world import BODY, World


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    statements: list[str] = []

    def note(*details: object) -> None:
        statements.append(str(details[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@read_once
def find_prefix(session: ReadSession, code: str) -> str:
    return session.scalars(select(Body.prefix).where(Body.code == code)).one()


def test_a_page_asks_once_and_the_next_transaction_asks_again(engine: Engine) -> None:
    with transaction(read_session_factory(engine, PageSession)) as session, counted(engine) as statements:
        assert find_prefix(session, BODY) == find_prefix(session, BODY)
        assert len(statements) == 1
        release_connection(session)
        find_prefix(session, BODY)
        assert len(statements) == 2


def test_a_session_that_writes_asks_each_time(engine: Engine) -> None:
    with transaction(write_session_factory(engine)) as session, counted(engine) as statements:
        assert find_prefix(session, BODY) == find_prefix(session, BODY)
        assert len(statements) == 2


def test_a_row_is_read_once_though_no_part_keeps_it(world: World, engine: Engine) -> None:
    key = world.body().id
    with transaction(read_session_factory(engine, PageSession)) as session, counted(engine) as statements:
        assert session.get_one(Body, key).code == session.get_one(Body, key).code
        assert len(statements) == 1
        release_connection(session)
        session.get_one(Body, key)
        assert len(statements) == 2
