"""Storing of the worker's measurements."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.domain.condition.models import Measured


def note(session: WriteSession, measured: Mapping[str, float]) -> None:
    """Replace the stored measurements by these; those that were not taken this time are deleted."""
    moment = clock.now()
    session.execute(delete(Measured).where(Measured.name.not_in(list(measured))))
    for name, value in measured.items():
        columns = {"value": value, "at": moment}
        statement = insert(Measured).values(name=name, **columns)
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=columns))
