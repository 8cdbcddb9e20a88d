"""Statements that are kept between requests, since building one costs more than its execution.

What an actor may see follows from the actor with their seats, who is read again for each request. A statement is built
from nothing else, and kept under them: after a change of seats the actor is another one, and so is the statement. What
rows there are is never kept.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

from sqlalchemy import BindParameter, Date, DateTime, bindparam

from app.core import clock

KEPT_STATEMENTS = 32
"""Number of statements that are kept of each function: those of a desk, the largest, take half a megabyte."""
NO_TIME = timedelta()
Moment = datetime | BindParameter[datetime]
"""An instant, or a parameter that is read from the clock."""

ParametersT = ParamSpec("ParametersT")
StatementT = TypeVar("StatementT")


def keep_statement(build: Callable[ParametersT, StatementT]) -> Callable[ParametersT, StatementT]:
    """Return the function, which keeps the statements that it built last, by its arguments.

    It may use these alone, among them the actor or a statement that was built for the actor: no session, nothing that
    was read, no clock but the parameters below.
    """
    return cast("Callable[ParametersT, StatementT]", lru_cache(KEPT_STATEMENTS)(build))


def build_moment_parameter(shift: timedelta = NO_TIME) -> BindParameter[datetime]:
    """Build a parameter with the instant of the execution, earlier or later by `shift`."""
    name = _name_parameter("moment", shift)
    return bindparam(name, callable_=lambda: clock.now() + shift, type_=DateTime(timezone=True))


def build_day_parameter(shift: timedelta = NO_TIME) -> BindParameter[date]:
    """Build a parameter with the day of the execution in UTC, earlier or later by `shift`."""
    return bindparam(_name_parameter("day", shift), callable_=lambda: clock.now().date() + shift, type_=Date())


def _name_parameter(kind: str, shift: timedelta) -> str:
    """Name a parameter after what it is read from.

    SQLAlchemy takes a statement with an unnamed parameter for one of the same form that was compiled with a value, and
    then does not read the clock: the parameter is NULL.
    """
    side = "before" if shift < NO_TIME else "after"
    return f"{kind}_{side}_{abs(shift) // timedelta(seconds=1)}"
