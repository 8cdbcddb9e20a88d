"""Storing of the worker's measurements."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.domain.monitoring.models import Measurement


def replace_measurements(session: WriteSession, measurements: Mapping[str, float]) -> None:
    """Replace the stored measurements by these; those that were not taken this time are deleted."""
    moment = clock.now()
    session.execute(delete(Measurement).where(Measurement.name.not_in(list(measurements))))
    for name, value in measurements.items():
        columns = {"value": value, "at": moment}
        statement = insert(Measurement).values(name=name, **columns)
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=columns))
