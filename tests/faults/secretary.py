"""A secretary as a separate process: registers what waits, notes what is done, and may be killed at any moment."""

import os
import random
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import OperationalError

from app.core.db import (
    SIGNERS_KEY,
    WriteSession,
    create_database_engine,
    set_row_security_entity,
    transaction,
    write_session_factory,
)
from app.core.errors import DomainError
from app.core.permissions import Actor
from app.domain.contributions.actions import registration
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries import contributions
from app.worker.subscriptions import queue_jobs
from tests.world import SIGNERS


class Moment(IntEnum):
    """What a secretary is doing; shows where it was when it was killed."""

    BETWEEN = 0
    REGISTERING = 1
    HOLDING = 2  # a number that no other can have before the transaction ends
    COMMITTED = 3  # and has not noted it yet


@dataclass(frozen=True, slots=True)
class Orders:
    """What a secretary works with. Everything that it notes goes into files of `folder`, none into the database."""

    database: str
    actor: Actor
    folder: Path
    aborts: float

    @property
    def moments(self) -> Path:
        return self.folder / "moments"


class Aborted(Exception):
    """The transaction is rolled back after its number was taken."""


def work(orders: Orders, place: int, seed: int) -> None:
    """Register until nothing waits. `place` is the secretary's own byte among the moments."""
    rng = random.Random(seed)
    engine = create_database_engine(orders.database, pool_size=1, application_name="cwg-secretary")
    factory = write_session_factory(engine, {"react": queue_jobs, SIGNERS_KEY: SIGNERS})
    moments = os.open(orders.moments, os.O_WRONLY)

    def at(moment: Moment) -> None:
        os.pwrite(moments, bytes([moment]), place)

    def note(what: str, line: str) -> None:
        with (orders.folder / f"{what}-{place}").open("a", encoding="ascii") as file:
            file.write(f"{line}\n")

    while True:
        at(Moment.BETWEEN)
        with transaction(factory) as session:
            waiting = _choose_waiting(session, orders.actor)
        if waiting is None:
            return
        contribution, version = waiting
        try:
            with transaction(factory) as session:
                set_row_security_entity(session, orders.actor.entity)
                at(Moment.REGISTERING)
                found = contributions.get_visible_contribution(session, orders.actor, contribution, lock=True)
                made = registration.register_contribution(session, orders.actor, found, version=version)
                at(Moment.HOLDING)
                if rng.random() < orders.aborts:
                    raise Aborted
            at(Moment.COMMITTED)
            note("acknowledged", f"{contribution} {made.symbol}")
        except Aborted:
            note("aborted", f"{contribution} {made.symbol}")
        except (DomainError, OperationalError) as error:
            note("refused", type(error).__name__)


def _choose_waiting(session: WriteSession, actor: Actor) -> tuple[UUID, int] | None:
    """Return any one, with the version that its page shows; two secretaries may take the same one."""
    set_row_security_entity(session, actor.entity)
    waiting = (
        contributions.list_visible_contributions(actor)
        .where(Contribution.status == ContributionStatus.SUBMITTED)
        .order_by(func.random())
        .limit(1)
    )
    found = session.execute(waiting.with_only_columns(Contribution.id, Contribution.version)).one_or_none()
    return (found.id, found.version) if found else None
