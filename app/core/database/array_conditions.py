"""Lists in conditions as one array: `column = ANY (…)` where SQLAlchemy writes `column IN (…, …)`.

A list of `in_` is written into the statement again at each execution, and makes another statement of it for each
length: its text is searched and joined, and PostgreSQL keeps no plan of it. That took a tenth of the time of a page.
As an array the list is one parameter. Both mean the same for every list, also for an empty one.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, BinaryExpression, BindParameter, Dialect, Engine, String
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine


class ListAsArray(ARRAY[Any]):
    """Type of a list of any kind that is sent as an array: `in_` takes sets and tuples too."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], list[Any]]:
        """Return the function that makes an array of a list."""
        process = self.item_type.dialect_impl(dialect).bind_processor(dialect)
        return (lambda values: [process(each) for each in values]) if process else list


def write_lists_as_arrays(engine: Engine) -> None:
    """Let an engine write conditions with a list of values in this way."""
    engine.dialect.statement_compiler = _build_compiler(engine.dialect.statement_compiler)


def _build_compiler(base: type[SQLCompiler]) -> type[SQLCompiler]:
    class ArrayCompiler(base):  # type: ignore[misc, valid-type]
        def visit_in_op_binary(self, binary: BinaryExpression[Any], _operator: object, **options: Any) -> str:
            return self._compare(binary, "= ANY", "IN", options)

        def visit_not_in_op_binary(self, binary: BinaryExpression[Any], _operator: object, **options: Any) -> str:
            return f"({self._compare(binary, '!= ALL', 'NOT IN', options)})"

        def _compare(self, binary: BinaryExpression[Any], with_array: str, otherwise: str, options: Any) -> str:
            listed = _find_list(binary, options)
            if listed is None:
                return str(self._generate_generic_binary(binary, f" {otherwise} ", **options))
            return f"{self.process(binary.left, **options)} {with_array} ({self.process(listed, **options)})"

    return ArrayCompiler


def _find_list(binary: BinaryExpression[Any], options: dict[str, Any]) -> BindParameter[Any] | None:
    """Find the list of a condition, as a parameter that is an array; None for a subquery, for pairs of values, and for
    values that are written into the statement. As a clone, it takes the values of later executions."""
    listed = binary.right
    if not isinstance(listed, BindParameter) or not listed.expanding or options.get("literal_binds"):
        return None
    kind: TypeEngine[Any] = listed.type
    if kind._is_tuple_type or listed.literal_execute or kind._has_bind_expression:
        return None
    array = listed._clone(maintain_key=True)
    # Without the length of its column, to which PostgreSQL would cut a longer text: it would be equal to another one.
    array.expanding, array.type = False, ListAsArray(String() if type(kind) is String else kind)
    return array
