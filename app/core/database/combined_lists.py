"""Lists of what belongs to one thing: each is read by a statement of its own, or several by one (`read_together`).

The statements are built once; the key of the thing is their parameter.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from typing import Any, Generic, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, Select, Subquery, Uuid, bindparam, false, func, literal, select
from sqlalchemy.orm import aliased

from app.core.db import ROW_SECURITY_KEY, Entity, ReadSession
from app.core.page_sessions import PageSession

RowT = TypeVar("RowT")
ColumnTs = TypeVarTuple("ColumnTs")

KeyParameter = ColumnElement[UUID]
KEY, LIST_NUMBER = "key_of_thing", "list_number"


class ListOfThing(Generic[RowT]):
    """Query for the rows that belong to one thing, in the order of its statement. Access is checked by the caller.

    A page reads them once. All who ask share the list and do not change it. Sessions that write read each time.
    """

    def __init__(self, build: Callable[[KeyParameter], Any], *, is_scalar: bool) -> None:
        self.build, self.is_scalar = build, is_scalar
        self.__doc__, self.__name__ = build.__doc__, build.__name__

    @cached_property
    def statement(self) -> Select[Any]:
        """The statement, with the key of the thing as a parameter."""
        statement: Select[Any] = self.build(bindparam(KEY, type_=Uuid))
        return statement

    def __call__(self, session: ReadSession, thing: Entity | UUID) -> Sequence[RowT]:
        """List the rows that belong to the thing."""
        if not isinstance(session, PageSession):
            return self._read(session, thing)
        key = self._build_result_key(session, thing)
        if key not in session.results:
            session.results[key] = self._read(session, thing)
        rows: Sequence[RowT] = session.results[key]
        return rows

    def _read(self, session: ReadSession, thing: Entity | UUID) -> Sequence[RowT]:
        found = session.execute(self.statement, {KEY: _get_key(thing)})
        rows: Sequence[Any] = found.scalars().all() if self.is_scalar else found.all()
        return rows

    def is_read(self, session: PageSession, thing: Entity | UUID) -> bool:
        """Return whether the page has read the list."""
        return self._build_result_key(session, thing) in session.results

    def keep(self, session: PageSession, thing: Entity | UUID, rows: Sequence[Any]) -> None:
        """Keep the rows, which were read with those of other lists."""
        session.results[self._build_result_key(session, thing)] = [row[0] for row in rows] if self.is_scalar else rows

    def _build_result_key(self, session: ReadSession, thing: Entity | UUID) -> object:
        return self, tuple(session.info.get(ROW_SECURITY_KEY, {}).items()), _get_key(thing)


def _get_key(thing: Entity | UUID) -> UUID:
    return thing if isinstance(thing, UUID) else thing.id


def list_of_thing(build: Callable[[KeyParameter], Select[RowT]]) -> ListOfThing[RowT]:
    """Make a query of a function that builds a statement with one column or table."""
    return ListOfThing(build, is_scalar=True)


def rows_of_thing(build: Callable[[KeyParameter], Select[*ColumnTs]]) -> ListOfThing[Row[*ColumnTs]]:
    """Make a query of a function that builds a statement with several columns or tables."""
    return ListOfThing(build, is_scalar=False)


def read_together(session: ReadSession, thing: Entity | UUID, *lists: ListOfThing[Any]) -> None:
    """Read those of these lists of a thing that the page has not read yet, in one statement.

    Only pages do: a session that writes reads each list when it is asked for.
    """
    if not isinstance(session, PageSession):
        return
    if missing := tuple(each for each in lists if not each.is_read(session, thing)):
        combined = _combine(missing)
        for each, rows in zip(missing, combined.read(session, _get_key(thing)), strict=True):
            each.keep(session, thing, rows)


@dataclass(frozen=True, slots=True)
class CombinedStatement:
    """Statement that reads several lists: each of its rows is a row of one of them, whose number is its first column.

    `widths` are the numbers of columns of the lists, `row_types` make their rows.
    """

    statement: Select[Any]
    widths: Sequence[int]
    row_types: Sequence[Callable[[Sequence[Any]], Any]]

    def read(self, session: ReadSession, key: UUID) -> Sequence[Sequence[Any]]:
        """Return the rows of each list."""
        lists: list[list[Any]] = [[] for _ in self.widths]
        for number, *values in session.execute(self.statement, {KEY: key}):
            start = sum(self.widths[:number])
            lists[number].append(self.row_types[number](values[start : start + self.widths[number]]))
        return lists


@cache
def _combine(lists: Sequence[ListOfThing[Any]]) -> CombinedStatement:
    """Combine the statements of these lists by full joins that no two rows fulfil."""
    statements = [each.statement for each in lists]
    parts = [_number_rows(statement, number) for number, statement in enumerate(statements)]
    columns = [_list_columns(statement, part) for statement, part in zip(statements, parts, strict=True)]
    joined: FromClause = parts[0]
    for part in parts[1:]:
        joined = joined.outerjoin(part, false(), full=True)
    number = func.coalesce(*(part.c[LIST_NUMBER] for part in parts))
    return CombinedStatement(
        select(number, *chain.from_iterable(columns)).select_from(joined),
        [len(each) for each in columns],
        [_build_row_type(statement) for statement in statements],
    )


def _number_rows(statement: Select[Any], number: int) -> Subquery:
    """Turn the statement of a list into a part of one that reads several: its rows tell the number of their list."""
    return statement.add_columns(literal(number).label(LIST_NUMBER)).subquery()


def _list_columns(statement: Select[Any], part: Subquery) -> list[Any]:
    """List the columns and tables of a statement, as they are in the part that was made of it."""
    return [
        aliased(each["expr"], part)
        if each["expr"] is each["entity"]
        else part.corresponding_column(getattr(each["expr"], "expression", each["expr"]))
        for each in statement.column_descriptions
    ]


def _build_row_type(statement: Select[Any]) -> Callable[[Sequence[Any]], Any]:
    """Build the type of the rows of a list: tuples with the same names as those of its statement alone."""
    row_type = namedtuple("row_type", [each["name"] for each in statement.column_descriptions])  # type: ignore[misc]
    return lambda values: row_type(*values)
