"""Storing of the worker's measurements, and of who is refused very often."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.domain.monitoring.models import FrequentRefusal, Measurement
from app.domain.monitoring.queries import REFUSALS_KEPT


def replace_measurements(session: WriteSession, measurements: Mapping[str, float]) -> None:
    """Replace the stored measurements by these; those that were not taken this time are deleted."""
    moment = clock.now()
    session.execute(delete(Measurement).where(Measurement.name.not_in(list(measurements))))
    for name, value in measurements.items():
        columns = {"value": value, "at": moment}
        statement = insert(Measurement).values(name=name, **columns)
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=columns))


def store_frequent_refusal(session: WriteSession, who: str) -> None:
    """Note who was refused very often just now, and delete what is older than `REFUSALS_KEPT`."""
    moment = clock.now()
    session.execute(delete(FrequentRefusal).where(FrequentRefusal.at < moment - REFUSALS_KEPT))
    statement = insert(FrequentRefusal).values(who=who, at=moment)
    session.execute(statement.on_conflict_do_update(index_elements=["who"], set_={"at": moment}))
