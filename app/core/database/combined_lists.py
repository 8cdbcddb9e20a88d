"""Lists of what belongs to one thing: each is read by a statement of its own, or several by one (`read_together`).

The statements are built once; the key of the thing is their parameter.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, Generic, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Result,
    Row,
    Select,
    Subquery,
    Uuid,
    bindparam,
    false,
    func,
    literal,
    select,
)
from sqlalchemy.orm import aliased
from sqlalchemy.util import LRUCache

from app.core.database.kept_plans import keep_plan
from app.core.db import ROW_SECURITY_KEY, Entity, ReadSession
from app.core.page_sessions import PageSession

RowT = TypeVar("RowT")
ColumnTs = TypeVarTuple("ColumnTs")

KeyParameter = ColumnElement[UUID]
KEY, LIST_NUMBER, PLACE = "key_of_thing", "list_number", "place_in_list"
COMBINED_BY_FORM: LRUCache[object, tuple["CombinedStatement", Sequence[str]]] = LRUCache(50)
"""Combined statements with the names of their parameters, by the forms of their parts."""


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

    def read_again(self, session: ReadSession, thing: Entity | UUID) -> Sequence[RowT]:
        """List them with the values that they have now, also of rows that were read before; a page reads them once."""
        if isinstance(session, PageSession):
            return self(session, thing)
        found = session.execute(self.statement, {KEY: _get_key(thing)}, execution_options={"populate_existing": True})
        return self._take_rows(found)

    def _read(self, session: ReadSession, thing: Entity | UUID) -> Sequence[RowT]:
        return self._take_rows(session.execute(self.statement, {KEY: _get_key(thing)}))

    def _take_rows(self, found: Result[*tuple[Any, ...]]) -> Sequence[RowT]:
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
        combined = _combine_lists(missing)
        for each, rows in zip(missing, combined.read(session, {KEY: _get_key(thing)}), strict=True):
            each.keep(session, thing, rows)


@dataclass(frozen=True, slots=True)
class CombinedStatement:
    """Statement that reads several lists: each of its rows is a row of one of them, whose number is its first column;
    the second is its place in that list.

    `widths` are the numbers of columns of the lists, `row_types` make their rows.
    """

    statement: Select[Any]
    widths: Sequence[int]
    row_types: Sequence[Callable[[Sequence[Any]], Any]]

    def read(self, session: ReadSession, parameters: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """Return the rows of each list, in its order."""
        lists: list[list[tuple[int, Any]]] = [[] for _ in self.widths]
        for number, place, *values in session.execute(self.statement, parameters):
            start = sum(self.widths[:number])
            lists[number].append((place, self.row_types[number](values[start : start + self.widths[number]])))
        return [[row for _place, row in sorted(rows, key=itemgetter(0))] for rows in lists]


@cache
def _combine_lists(lists: Sequence[ListOfThing[Any]]) -> CombinedStatement:
    return combine_statements([each.statement for each in lists])


@dataclass(frozen=True, slots=True)
class StatementsReadTogether:
    """Several statements for one person, read by one; `parameters` are theirs, by the names that they have in it."""

    combined: CombinedStatement
    parameters: Mapping[str, BindParameter[Any]]

    def read(self, session: ReadSession) -> Sequence[Sequence[Any]]:
        """Return the rows of each statement, with the values that the parameters have now."""
        return self.combined.read(session, {name: each.effective_value for name, each in self.parameters.items()})


def read_statements_together(
    session: ReadSession, statements: Sequence[Select[*tuple[Any, ...]]]
) -> Sequence[Sequence[Any]]:
    """Return the rows of each of these statements, which are built for one person, read by one statement."""
    return prepare_reading(statements).read(session) if statements else []


def prepare_reading(statements: Sequence[Select[*tuple[Any, ...]]]) -> StatementsReadTogether:
    """Prepare to read these statements by one; of those that are kept, this can be kept too.

    What was combined is kept by the form of the statements, and takes other values as its parameters, as the compiled
    form of any statement does (`CacheKey` of SQLAlchemy). Which of the parameters are one belongs to the form.
    """
    keys = [statement._generate_cache_key() for statement in statements]
    if None in keys:
        return StatementsReadTogether(combine_statements(statements), {})
    parameters = [parameter for key in keys if key for parameter in key.bindparams]
    places: dict[str, int] = {}
    shared = tuple(places.setdefault(parameter.key, len(places)) for parameter in parameters)
    form = tuple(key.key for key in keys if key), shared
    if form not in COMBINED_BY_FORM:
        COMBINED_BY_FORM[form] = combine_statements(statements), [parameter.key for parameter in parameters]
    combined, names = COMBINED_BY_FORM[form]
    return StatementsReadTogether(combined, dict(zip(names, parameters, strict=True)))


def combine_statements(statements: Sequence[Select[*tuple[Any, ...]]]) -> CombinedStatement:
    """Combine statements by full joins that no two rows fulfil. These promise nothing about the order of their rows.

    Each begins with the key of its thing or of its person, so its plan is kept."""
    parts = [_number_rows(statement, number) for number, statement in enumerate(statements)]
    columns = [_list_columns(statement, part) for statement, part in zip(statements, parts, strict=True)]
    joined: FromClause = parts[0]
    for part in parts[1:]:
        joined = joined.outerjoin(part, false(), full=True)
    number, place = (func.coalesce(*(part.c[name] for part in parts)) for name in (LIST_NUMBER, PLACE))
    return CombinedStatement(
        keep_plan(select(number, place, *chain.from_iterable(columns)).select_from(joined)),
        [len(each) for each in columns],
        [_build_row_type(statement) for statement in statements],
    )


def _number_rows(statement: Select[*tuple[Any, ...]], number: int) -> Subquery:
    """Turn the statement of a list into a part of one that reads several: its rows tell the number of their list and
    their place in it. A rank is the same for the same values, so that DISTINCT still finds them to be equal."""
    order = statement._order_by_clauses
    place: ColumnElement[int] = func.rank().over(order_by=order) if order else literal(0)
    return statement.add_columns(literal(number).label(LIST_NUMBER), place.label(PLACE)).subquery()


def _list_columns(statement: Select[*tuple[Any, ...]], part: Subquery) -> list[Any]:
    """List the columns and tables of a statement, as they are in the part that was made of it."""
    return [
        aliased(each["expr"], part)
        if each["expr"] is each.get("entity")
        else part.corresponding_column(getattr(each["expr"], "expression", each["expr"]))
        for each in statement.column_descriptions
    ]


def _build_row_type(statement: Select[*tuple[Any, ...]]) -> Callable[[Sequence[Any]], Any]:
    """Build the type of the rows of a list: tuples with the same names as those of its statement alone."""
    names = [each["name"] for each in statement.column_descriptions]
    row_type = namedtuple("row_type", names, rename=True)  # type: ignore[misc]
    return lambda values: row_type(*values)
