"""Parameters of statements that are read from the clock when a statement is executed, not when it is built."""

from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, Date, DateTime, bindparam

from app.core import clock

NO_TIME = timedelta()
Moment = datetime | BindParameter[datetime]
"""An instant, or a parameter that is read from the clock."""


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
