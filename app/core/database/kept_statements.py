"""Statements that are kept between requests, since building one costs more than its execution.

What an actor may see follows from the actor with their seats, who is read again for each request. A statement is built
from nothing else, and kept under them: after a change of seats the actor is another one, and so is the statement. What
rows there are is never kept.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

KEPT_STATEMENTS = 32
"""Number of statements that are kept of each function: those of a desk, the largest, take half a megabyte."""

ParametersT = ParamSpec("ParametersT")
StatementT = TypeVar("StatementT")


def keep_statement(build: Callable[ParametersT, StatementT]) -> Callable[ParametersT, StatementT]:
    """Return the function, which keeps the statements that it built last, by its arguments.

    It may use these alone, among them the actor or a statement that was built for the actor: no session, nothing that
    was read, no clock but the parameters of `app.core.database.clock_parameters`.
    """
    return cast("Callable[ParametersT, StatementT]", lru_cache(KEPT_STATEMENTS)(build))
