"""Keeping what the worker measured."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.domain.condition.models import Measured


def note(session: WriteSession, measured: Mapping[str, float]) -> None:
    """Put these measures in the place of the last ones; what was not measured this time is known no more."""
    moment = clock.now()
    session.execute(delete(Measured).where(Measured.name.not_in(list(measured))))
    for name, value in measured.items():
        said = {"value": value, "at": moment}
        new = insert(Measured).values(name=name, **said)
        session.execute(new.on_conflict_do_update(index_elements=["name"], set_=said))
