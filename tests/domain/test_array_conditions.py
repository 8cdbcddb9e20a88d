"""Lists in conditions, which connections of pages send as one array."""

from enum import StrEnum
from uuid import UUID

import pytest
from sqlalchemy import Integer, String, Uuid, column, func, literal, null, select, tuple_, values

from app.core.db import create_database_engine, read_session_factory, transaction
from app.domain.bodies.models import Body


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


KEYS = [UUID(int=number) for number in range(3)]
ROWS = values(
    column("number", Integer), column("key", Uuid), column("word", String(6)), column("colour", String), name="rows"
).data([(number, key, f"word {number}", Colour.RED) for number, key in enumerate(KEYS)])
NUMBER, KEY, WORD, COLOUR = ROWS.c
LISTS = (
    NUMBER.in_([0, 2]),
    NUMBER.in_({1}),
    NUMBER.in_([]),
    NUMBER.not_in([0, 2]),
    NUMBER.not_in([]),
    ~NUMBER.in_((1, 2)),
    KEY.in_(KEYS[:2]),
    KEY.not_in(KEYS[1:]),
    WORD.in_(["word 1", "it's", "%(x)s"]),
    COLOUR.in_([Colour.RED, Colour.BLUE]),
    COLOUR.not_in([Colour.RED]),
    null().cast(Integer).in_([]),
    null().cast(Integer).not_in([]),
    NUMBER.in_([None, 1]),
    WORD.in_(["word 12"]),
    NUMBER.in_(select(literal(2))),
    tuple_(NUMBER, WORD).in_([(1, "word 1"), (2, "word 1")]),
)


@pytest.mark.parametrize("condition", LISTS, ids=str)
def test_a_list_has_the_rows_that_it_has_written_out(database, condition) -> None:
    statement = select(NUMBER).where(condition).order_by(NUMBER)
    as_array = create_database_engine(database.portal, pool_size=1, is_read_only=True)
    written_out = create_database_engine(database.portal, pool_size=1)
    with as_array.connect() as connection, written_out.connect() as other:
        assert connection.scalars(statement).all() == other.scalars(statement).all()
    as_array.dispose()
    written_out.dispose()


def test_lists_of_all_lengths_are_one_statement_of_the_server(database) -> None:
    engine = create_database_engine(database.portal, pool_size=1, is_read_only=True)
    sent = select(func.count()).select_from(Body)
    with transaction(read_session_factory(engine)) as session:
        for length in range(9):
            session.scalar(sent.where(Body.code.in_([f"code {number}" for number in range(length)])))
        prepared = session.connection().exec_driver_sql(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%ANY ($1%'"
        )
        assert prepared.scalar() == 1
    engine.dispose()
