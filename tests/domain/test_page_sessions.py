"""The session of a page reads once what its parts ask for, in one transaction, and keeps nothing longer."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event, select, text

from app.core.db import (
    ReadSession,
    read_session_factory,
    release_connection,
    set_row_security_entity,
    transaction,
    write_session_factory,
)
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


@read_once
def list_choices(_session: ReadSession, *asked: object, **named: object) -> list[object]:
    return [*asked, *named.items()]


@read_once
def count_choices(_session: ReadSession, *asked: object) -> int:
    return len(asked)


def test_no_question_is_answered_with_the_answer_to_another(engine: Engine) -> None:
    with transaction(read_session_factory(engine, PageSession)) as session:
        assert list_choices(session, "KEN") == ["KEN"]
        assert list_choices(session, "BRA") == ["BRA"]
        assert list_choices(session, "KEN", lock=True) == ["KEN", ("lock", True)]
        assert list_choices(session, "KEN", lock=False) == ["KEN", ("lock", False)]
        assert count_choices(session, "KEN") == 1


@read_once
def find_entity(session: ReadSession) -> str | None:
    return session.scalar(text("SELECT current_setting('cwg.entity')"))


def test_what_was_read_for_an_entity_answers_no_other(engine: Engine) -> None:
    with transaction(read_session_factory(engine, PageSession)) as session:
        for entity in ("KEN", "BRA", "KEN"):
            set_row_security_entity(session, entity)
            assert find_entity(session) == entity


def test_the_end_of_a_savepoint_forgets_nothing(engine: Engine) -> None:
    with transaction(read_session_factory(engine, PageSession)) as session:
        first = list_choices(session, BODY)
        session.begin_nested().commit()
        assert list_choices(session, BODY) is first


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
