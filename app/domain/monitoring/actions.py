"""Storing of the worker's measurements, and of who is refused very often."""

from collections.abc import Mapping

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.domain.monitoring.models import FrequentRefusal, Measurement
from app.domain.monitoring.queries import LEFT_OVER_AGE, REFUSALS_KEPT, WORKER_MARK


def replace_measurements(session: WriteSession, measurements: Mapping[str, float], worker: str = "") -> None:
    """Replace the stored measurements by these; those that were not taken this time are deleted.

    They are about what all workers share or, with the name of a `worker`, about what that one has, such as its disks:
    no worker replaces those of another one, but deletes what one that is gone has left.
    """
    moment, whose = clock.now(), func.split_part(Measurement.name, WORKER_MARK, 2)
    named = {f"{name}{WORKER_MARK}{worker}" if worker else name: value for name, value in measurements.items()}
    is_outdated = (whose == worker) & Measurement.name.not_in(list(named))
    is_left_over = (whose != "") & (Measurement.at < moment - LEFT_OVER_AGE)
    session.execute(delete(Measurement).where(is_outdated | is_left_over))
    for name, value in named.items():
        columns = {"value": value, "at": moment}
        statement = insert(Measurement).values(name=name, **columns)
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=columns))


def store_frequent_refusal(session: WriteSession, who: str) -> None:
    """Note who was refused very often just now, and delete what is older than `REFUSALS_KEPT`."""
    moment = clock.now()
    session.execute(delete(FrequentRefusal).where(FrequentRefusal.at < moment - REFUSALS_KEPT))
    statement = insert(FrequentRefusal).values(who=who, at=moment)
    session.execute(statement.on_conflict_do_update(index_elements=["who"], set_={"at": moment}))
